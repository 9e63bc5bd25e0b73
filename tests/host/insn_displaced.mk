# Instructions emulated and executed elsewhere, against this machine's own processor: those that the
# kernel is made of.

DISPLACED         := $(addprefix $(ROOT)/arch/x86_64/debug/,displaced_copy.c emulate.c \
	emulate_alu.c emulate_move.c insn.c)
DISPLACED_TESTS   := test.c test_displaced.c one_step.c one_step_code.c
PROGRAMS          += "$(BUILD)/displaced $(KERNEL_ELF)"
BUILT             += $(BUILD)/displaced

$(BUILD)/displaced: $(DISPLACED_TESTS) $(DISPLACED) $(ZYDIS_OBJECT) \
		$(wildcard $(ROOT)/arch/x86_64/debug/*.h *.h) $(BUILD)/zydis.flags insn_displaced.mk
	@echo "  cc      $@"
	@if grep -q INSN_ZYDIS=0 $(BUILD)/zydis.flags; then \
		printf '#!/bin/sh\necho ok displaced: nothing is checked without a decoder\n' >$@ && chmod +x $@; \
	else \
		$(CC) $(CFLAGS) $(SANE) @$(BUILD)/zydis.flags -I$(ROOT)/arch/x86_64/debug \
			$(filter %.c %.o,$^) -o $@; \
	fi
