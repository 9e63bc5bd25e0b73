# The demo's data structures and its work loop, built for the host.

NOT_HOSTED   := %/debugger_malloc.c %/faults.c %/fault_kinds.c %/fault_memory.c %/fault_locks.c %/step_zoo.c
DEMO         := $(filter-out $(NOT_HOSTED),$(wildcard $(ROOT)/kernel/demo/*.c))
DEMO_TESTS   := demo_host.c test_demo_structures.c test_demo_expression.c test_demo_loop.c
PROGRAMS     += "$(BUILD)/demo"
DEMO_HEADERS := $(wildcard $(ROOT)/kernel/demo/*.h) demo_host.h test.h demo.mk
BUILT        += $(BUILD)/demo

# -iquote: "string.h" is the kernel's, <string.h> is the host's.
$(BUILD)/demo: test.c test_main.c $(DEMO_TESTS) $(DEMO) $(DEMO_HEADERS)
	@mkdir -p $(@D)
	@echo "  cc      $@"
	@$(CC) $(CFLAGS) $(SANE) -pthread -iquote $(ROOT)/kernel test.c test_main.c $(DEMO_TESTS) $(DEMO) \
		-o $@
