# What instructions are and how they are stepped, with Zydis built for the host.

ZYDIS_DIR    ?= $(BUILD)/../zydis
ZYDIS_CFLAGS := -g -O1 $(SANE)
include $(ROOT)/arch/x86_64/debug/insn.mk

INSN       := $(addprefix $(ROOT)/arch/x86_64/debug/,insn.c insn_format.c insn_sensitive.c \
	insn_operand.c insn_boundary.c step_plan.c step_emulate.c step_tables.c)
INSN_TESTS := test.c test_main.c step_world.c test_insn.c test_step_plan.c
PROGRAMS   += "$(BUILD)/insn"
BUILT      += $(BUILD)/insn

$(BUILD)/insn: $(INSN_TESTS) $(INSN) $(ZYDIS_OBJECT) $(wildcard $(ROOT)/arch/x86_64/debug/*.h *.h) \
		insn.mk
	@echo "  cc      $@"
	@$(CC) $(CFLAGS) $(SANE) @$(BUILD)/zydis.flags -I$(ROOT)/arch/x86_64/debug \
		$(filter %.c %.o,$^) -o $@
