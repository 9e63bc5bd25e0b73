# The table of symbols that the build has put into the kernel.

PROGRAMS += "$(BUILD)/symbols $(BUILD)/../kernel.elf"
BUILT    += $(BUILD)/symbols

$(BUILD)/symbols: test.c test_symbols.c $(ROOT)/arch/x86_64/debug/symbol_table.c \
		$(ROOT)/arch/x86_64/debug/symbol_table.h test.h symbols.mk
	@mkdir -p $(@D)
	@echo "  cc      $@"
	@$(CC) $(CFLAGS) $(SANE) -I$(ROOT)/arch/x86_64/debug $(filter %.c,$^) -o $@
