# The debugger's threads, from a kernel's list that may be spoiled, with the protocol core on top.

LISTS_PARTS := $(addprefix $(X86)/,thread_list.c thread_walk.c thread_ids.c thread_index.c thread_registers.c register_table.c register_rules.c \
	control_bits.c)
LISTS_TESTS := lists_world.c test_thread_list.c test_thread_registers.c test_thread_packets.c
PROGRAMS    += "$(BUILD)/thread_lists"
BUILT       += $(BUILD)/thread_lists

$(BUILD)/thread_lists: test.c test_main.c $(LISTS_TESTS) $(LISTS_PARTS) $(CORE) \
		$(wildcard $(X86)/*.h *.h) thread_lists.mk
	@mkdir -p $(@D)
	@echo "  cc      $@"
	@$(CC) $(CFLAGS) $(SANE) -DDEBUGGER_CPUS=4 -I$(X86) $(filter %.c,$^) -o $@
