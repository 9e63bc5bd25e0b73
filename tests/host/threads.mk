# The kernel's scheduler and what threads wait with, on CPUs that are only pretended.

THREADS_PARTS := $(addprefix $(ROOT)/kernel/,run_queue.c sleepers.c thread_table.c scheduler.c \
	sync_wait.c sync_mutex.c spinlock.c)
THREADS_TESTS := threads_world.c test_threads_queues.c test_threads_sync.c
PROGRAMS      += "$(BUILD)/threads"
BUILT         += $(BUILD)/threads

$(BUILD)/threads: test.c test_main.c $(THREADS_TESTS) $(THREADS_PARTS) threads_world.h \
		$(wildcard $(ROOT)/kernel/*.h kernel_host/*/*.h *.h) threads.mk
	@mkdir -p $(@D)
	@echo "  cc      $@"
	@$(CC) $(CFLAGS) $(SANE) -iquote kernel_host -iquote $(ROOT)/kernel -iquote $(ROOT)/arch/x86_64 \
		-I$(X86) test.c test_main.c $(THREADS_TESTS) $(THREADS_PARTS) -o $@
