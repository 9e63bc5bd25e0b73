# insn.mk: the decoder behind insn.c and insn_format.c. Zydis is fetched (scripts/fetch-zydis.sh),
# never committed, and built without libc, floating point registers, or a byte of static data. Where
# it cannot be had, or with ZYDIS=0, the kernel is built without it and does not announce what
# needs a decoder. An embedder includes this file and links $(ZYDIS_OBJECT) with its kernel.
ZYDIS        ?= 1
ZYDIS_DIR    ?= $(BUILD)/zydis
# -O2: a decoded instruction costs 3 us under QEMU, and 4 us with -Os.
ZYDIS_CFLAGS ?= $(FREESTANDING) -O2

FETCH_ZYDIS  := $(dir $(lastword $(MAKEFILE_LIST)))../../../scripts/fetch-zydis.sh

# Everything in one object, so that a linker script can place it with the rest of the stub.
ZYDIS_OBJECT  := $(BUILD)/obj/arch/x86_64/debug/zydis.o
ZYDIS_SOURCES := Decoder DecoderData SharedData Register Mnemonic String Utils \
	Formatter FormatterATT FormatterBase FormatterBuffer FormatterIntel
ZYDIS_PARTS   := $(ZYDIS_SOURCES:%=$(BUILD)/obj/zydis/%.o)
INSN_OBJECTS  := $(patsubst %,$(BUILD)/obj/arch/x86_64/debug/%.c.o,insn insn_format)

# -isystem: somebody else's headers, not held to our warnings.
ZYDIS_FLAGS := -DINSN_ZYDIS=1 -DZYAN_NO_LIBC -DZYDIS_STATIC_BUILD -DZYCORE_STATIC_BUILD \
	-DZYDIS_DISABLE_ENCODER $(addprefix -isystem $(abspath $(ZYDIS_DIR))/,zydis/include zydis/src zycore)

# How to compile, decided anew by each make and rewritten only when the answer changes: what was
# built without Zydis is built again once it can be had, and nothing else is.
$(BUILD)/zydis.flags: FORCE
	@mkdir -p $(@D)
	@flags='$(ZYDIS_FLAGS)'; \
	if [ '$(ZYDIS)' = 0 ] || ! why=$$($(FETCH_ZYDIS) $(ZYDIS_DIR) 2>&1); then \
		flags=-DINSN_ZYDIS=0; \
		[ -z "$$why" ] || printf '  warning no disassembly in this build:%s\n' \
			"$$(printf ' %s' "$$why" | tr -s ' \n' ' ')" >&2; \
	fi; \
	echo "$$flags" | cmp -s - $@ || echo "$$flags" >$@

.PHONY: FORCE
FORCE:

$(INSN_OBJECTS): private CFLAGS += @$(BUILD)/zydis.flags
$(INSN_OBJECTS): $(BUILD)/zydis.flags

# Without Zydis these are empty.
$(ZYDIS_PARTS): $(BUILD)/obj/zydis/%.o: $(BUILD)/zydis.flags $(FETCH_ZYDIS)
	@mkdir -p $(@D)
	@echo "  zydis   $*"
	@printf '#if INSN_ZYDIS\n#include <%s.c>\n#endif\n' $* | \
		$(CC) $(ZYDIS_CFLAGS) -ffunction-sections -fdata-sections @$< -x c -c - -o $@

$(ZYDIS_OBJECT): $(ZYDIS_PARTS)
	@mkdir -p $(@D)
	@$(LD) -r -o $@ $^
