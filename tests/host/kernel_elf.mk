# What the built kernel says of itself, against its code: elfcheck/checks.h.

KERNEL_ELF ?= $(BUILD)/../kernel.elf

PROGRAMS += "$(BUILD)/elfcheck $(KERNEL_ELF)" "$(BUILD)/elfcheck --broken $(KERNEL_ELF)"
BUILT    += $(BUILD)/elfcheck

$(BUILD)/elfcheck: $(wildcard elfcheck/*.[ch]) test.c $(ZYDIS_OBJECT) $(wildcard *.h) \
		$(BUILD)/zydis.flags kernel_elf.mk
	@echo "  cc      $@"
	@if grep -q INSN_ZYDIS=0 $(BUILD)/zydis.flags; then \
		printf '#!/bin/sh\necho ok elf: nothing is checked without a decoder\n' >$@ && chmod +x $@; \
	else \
		$(CC) $(CFLAGS) $(SANE) @$(BUILD)/zydis.flags -I/usr/include/libdwarf \
			$(filter %.c %.o,$^) -ldwarf -lelf -o $@; \
	fi
