# The pure parts of the x86-64 target: the register table, its rules, the tag word, the signals.

X86_SOURCES := $(addprefix $(ROOT)/arch/x86_64/debug/,register_table.c register_rules.c \
	control_bits.c fpu.c vectors.c)
PROGRAMS    += "$(BUILD)/x86"
BUILT       += $(BUILD)/x86

$(BUILD)/x86: test.c test_main.c test_x86.c $(X86_SOURCES) \
		$(wildcard $(ROOT)/arch/x86_64/debug/*.h *.h) x86.mk
	@mkdir -p $(@D)
	@echo "  cc      $@"
	@$(CC) $(CFLAGS) $(SANE) -I$(ROOT)/arch/x86_64/debug $(filter %.c,$^) -o $@
