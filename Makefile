# Trapline: a GDB stub inside an x86-64 kernel, and the kernel it is shown in.
# `make help` lists what can be asked for. Everything that is built lands in $(BUILD).

BUILD  ?= build
PYTHON ?= /usr/bin/python3
PORT   ?= 1234
SOCK   ?=
LINE   ?= com1
SMP    ?= 1
MEMORY ?= 256M
APPEND ?=
CONSOLE ?= $(BUILD)/console.log
ROUNDS ?= 5
JOBS   ?= $(shell nproc)

# The debuggers that the tests drive, besides those of the system. They come down while the rest is built.
CLIENTS ?= $(or $(TRAPLINE_CLIENTS),$(BUILD)/clients)
# make -n, which runs those lines all the same that say $(MAKE).
DRY := $(findstring n,$(firstword -$(MAKEFLAGS)))

# As many compilers at once as there are processors, unless make was told.
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))

CC      := gcc
LD      := ld
OBJCOPY := objcopy

# The kernel and the stub use no register that belongs to the debuggee's floating point state, and
# no red zone: interrupts arrive on the stack in use.
FREESTANDING := -std=c11 -ffreestanding -fno-stack-protector -fno-pic -fno-pie -fcf-protection=none \
	-mcmodel=kernel -mno-red-zone -mgeneral-regs-only -fno-strict-aliasing -fno-common \
	-fno-asynchronous-unwind-tables -fno-omit-frame-pointer -fno-optimize-sibling-calls
WARNINGS := -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wundef
INCLUDES := -I. -Igdbstub -Iarch/x86_64 -Iarch/x86_64/debug -Ikernel
DEBUG    := -gdwarf-5 -g3
# How many processors the stub has room for: kernel/cpu.h starts no more.
CPUS     := 8
CFLAGS   := $(FREESTANDING) $(WARNINGS) $(DEBUG) $(INCLUDES) -ffunction-sections -MMD -MP
ASFLAGS  := $(DEBUG) $(INCLUDES) -MMD -MP -mcmodel=kernel -fno-pic -fno-pie

# The stub is optimised for size on the line and in memory, the kernel for the reader in gdb.
STUB_SOURCES   := $(wildcard gdbstub/*.c arch/x86_64/debug/*.c arch/x86_64/debug/*.S)
NOT_KERNEL     := kernel/modules/% kernel/user/%
KERNEL_SOURCES := $(filter-out $(NOT_KERNEL),$(wildcard kernel/*.c kernel/*/*.[cS] \
	arch/x86_64/boot/*.[cS] arch/x86_64/cpu/*.[cS] arch/x86_64/mm/*.[cS])) scripts/gdb/autoload.S
object          = $(addprefix $(BUILD)/obj/,$(addsuffix .o,$(1)))
STUB_OBJECTS   := $(call object,$(STUB_SOURCES))
KERNEL_OBJECTS := $(call object,$(KERNEL_SOURCES))
# The stub's price is counted without its decoder, which an embedder may leave out.
PRICED_OBJECTS  = $(filter-out $(INSN_OBJECTS),$(STUB_OBJECTS))

# The stub calls nothing of the kernel's, so that a client can break on its memcpy():
# arch/x86_64/debug/memory.c.
RENAME := $(OBJCOPY) $(foreach name,memcpy memmove memset memcmp strcmp strlen,\
	--redefine-sym $(name)=debugger_$(name))

# Where the line is served (LINE=virtio: a virtio console instead of COM1), and everything else that a
# boot needs to be told.
AT   = $(if $(SOCK),unix:$(SOCK),tcp:$(PORT))
BOOT = --initrd $(BUILD)/initrd.img --smp $(SMP) --memory $(MEMORY)
VIRTIO   = $(if $(filter virtio,$(LINE)),virtio:)
GDB_PORT = $(if $(VIRTIO),gdb.port=virtio)
# Where clients find the symbols. Told at boot: a path in the binary would make each tree's another.
FILE = gdb.file=$(abspath $(BUILD)/kernel.elf)

.PHONY: all kernel run debug check test bench bench-wire fuzz iso size deps clean help tools

all: $(BUILD)/kernel.elf $(BUILD)/initrd.img size ## build the kernel and its initrd (what plain make does)

run: ## boot, COM1 (or LINE=virtio) on 127.0.0.1:PORT or the unix socket SOCK, console here; Ctrl-C ends it
	@scripts/deps.sh run
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@exec scripts/qemu.sh --kernel $(BUILD)/kernel.elf $(BOOT) --$(LINE) $(AT) --append '$(strip $(FILE) $(GDB_PORT) $(APPEND))'

debug: ## install what is missing, build, boot, and sit at a gdb prompt in the kernel
	@scripts/deps.sh run
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@exec scripts/debug.sh $(BUILD)/kernel.elf $(VIRTIO)$(AT) $(CONSOLE) $(BOOT) \
		--append '$(strip $(FILE) $(GDB_PORT) $(if $(findstring gdb=,$(APPEND)),,gdb=wait) $(APPEND))'

check: kernel ## the tests that need no machine: seconds
	@$(MAKE) --no-print-directory $(PARALLEL) -C tests/host check BUILD=$(abspath $(BUILD))/host

test: ## everything: make check, then the kernel booted and debugged by real clients
	@scripts/deps.sh test
	@$(if $(DRY),:,scripts/fetch-clients.sh $(CLIENTS)) & fetch=$$!; \
		$(MAKE) --no-print-directory $(PARALLEL) all iso && $(MAKE) --no-print-directory check; made=$$?; \
		wait $$fetch && exit $$made
	@BUILD=$(abspath $(BUILD)) TRAPLINE_CLIENTS=$(abspath $(CLIENTS)) \
		$(PYTHON) -m pytest tests/boot -n $(JOBS) $(PYTEST)

bench: all ## our stub and QEMU's own on the same guest, in turns: medians and ratios (ROUNDS=5)
	@BUILD=$(abspath $(BUILD)) PYTHONPATH=tests/bench $(PYTHON) tests/bench/speed.py --rounds $(ROUNDS) $(BENCH)

bench-wire: all ## bytes and round trips of what a user does with gdb, for both stubs
	@BUILD=$(abspath $(BUILD)) $(PYTHON) tests/bench/wire.py

fuzz: ## feed the protocol core random bytes for SECONDS=60
	@$(MAKE) --no-print-directory -C tests/host fuzz BUILD=$(abspath $(BUILD))/host

iso: $(BUILD)/trapline.iso ## a CD that boots the kernel through GRUB

# What came on top of the foundation: without it there is still all that a client of QEMU's stub has.
EXTRAS := modules|processes|space|page_walk|library|debugreg|step_|insn_|faults|events|early|hand_over|watchdog|protect|selftest|words|lldb|binary|region|seat|thread|file|rle|agent|hits|control_bits|scratch
EXTRAS := $(EXTRAS)|symbol|report|expression|value|machine|debug/monitor|code|backtrace|page_command|cpu_command|analyze|verdict|unattended
EXTRAS := $(EXTRAS)|emulate|displaced|breakpoint_many|msr|bulk
EXTRAS := $(EXTRAS)|baud|line_rest|uart16550_rate|uart_line|pci|virt
EXTRAS := $(EXTRAS)|maps_command|table|apic_|features_command|log_command|patience|control_command|hit_rules|bp_command|wt|call_tree|condition|trace|agent_view|core_

size: kernel ## what the stub costs an embedder: code and static memory; fails over the limits
	@size -A $(PRICED_OBJECTS) | scripts/size-limit.awk -v extras='$(EXTRAS)' \
		-v cpus=$(CPUS) -v room=$$(nm -S -t d $(BUILD)/kernel.elf | awk '$$4 == "processors" {print $$2 + 0}') \
		-v symbols=$$(size -A $(SYMBOLS) | awk '$$1 == ".debugger_symbols" {print $$2}') \
		-v base_max=24576 -v text_max=146176 -v data_max=155136

deps: ## install the Debian packages that are missing
	@scripts/deps.sh test

clean: ## remove everything that was built
	rm -rf $(BUILD)

help: ## this list
	@echo "make TARGET [PORT=1234 | SOCK=path] [LINE=com1|virtio] [SMP=1] [MEMORY=256M] [APPEND='gdb=wait ...'] [BUILD=build]"
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

kernel: $(BUILD)/kernel.elf

tools:
	@command -v $(CC) >/dev/null || { echo "$(CC) is missing: run 'make deps'" >&2; exit 1; }

# Strings that were merged with the kernel's would lie among the kernel's, unprotected.
# Nobody unwinds the stub while it runs, so it needs no frame pointers.
$(STUB_OBJECTS): OPTIMISE := -Os -fno-merge-constants -fomit-frame-pointer -foptimize-sibling-calls
$(STUB_OBJECTS): FINISH = $(RENAME) $@
$(STUB_OBJECTS): CFLAGS += -DDEBUGGER_CPUS=$(CPUS)
$(KERNEL_OBJECTS): OPTIMISE := -Og

$(BUILD)/obj/%.c.o: %.c Makefile | tools
	@mkdir -p $(@D)
	@echo "  cc      $<"
	@$(CC) $(CFLAGS) $(OPTIMISE) -c $< -o $@
	@$(FINISH)

$(BUILD)/obj/%.S.o: %.S Makefile | tools
	@mkdir -p $(@D)
	@echo "  as      $<"
	@$(CC) $(ASFLAGS) -c $< -o $@

$(BUILD)/obj/scripts/gdb/autoload.S.o: $(wildcard scripts/gdb/*.py)

include arch/x86_64/debug/insn.mk
include kernel/modules/modules.mk
include kernel/user/user.mk

# Linked three times: for the symbols that the debugger is to know, for the list of places that hold
# addresses, which kaslr changes, and with both.
LINK := $(LD) -nostdlib -static --build-id=sha1 -z max-page-size=0x1000 -z noexecstack \
	--no-warn-rwx-segments -T linker.ld
LINKED := $(KERNEL_OBJECTS) $(STUB_OBJECTS) $(ZYDIS_OBJECT)

SYMBOLS := $(BUILD)/obj/symbols.o

$(SYMBOLS): $(LINKED) linker.ld scripts/symbols.py scripts/relocations.py
	@$(LINK) -S -o $(BUILD)/obj/nameless.elf $(LINKED)
	@$(PYTHON) scripts/symbols.py $(BUILD)/obj/nameless.elf >$(BUILD)/obj/symbols.S
	@$(CC) -c $(BUILD)/obj/symbols.S -o $@

$(BUILD)/obj/relocations.S: $(SYMBOLS)
	@$(LINK) -S --emit-relocs -o $(BUILD)/obj/unrelocated.elf $(LINKED) $(SYMBOLS)
	@$(PYTHON) scripts/relocations.py $(BUILD)/obj/unrelocated.elf >$@.new && mv $@.new $@

# lldb calls functions in nothing but a Linux program: given this file it believes its header, given none
# it believes the stub (register_table.c). Nobody else looks at it.
$(BUILD)/kernel.elf: $(BUILD)/obj/relocations.S
	@echo "  ld      $@"
	@$(CC) -c $< -o $(BUILD)/obj/relocations.o
	@$(LINK) -o $@.new $(LINKED) $(SYMBOLS) $(BUILD)/obj/relocations.o
	@elfedit --output-osabi=Linux $@.new
	@$(PYTHON) scripts/relocations.py --check $(BUILD)/obj/unrelocated.elf $@.new
	@$(PYTHON) scripts/symbols.py --fill $@.new && mv $@.new $@

# For gdb.file=target: what clients need of it, small, as they read it over their line. gdb 16 cannot
# read its scripts when they are compressed.
$(BUILD)/initrd/kernel.elf: $(BUILD)/kernel.elf
	@mkdir -p $(@D)
	@$(OBJCOPY) --dump-section .debug_gdb_scripts=$@.scripts $< $@
	@$(OBJCOPY) --only-keep-debug --compress-debug-sections=zlib -R .debug_gdb_scripts $< $@
	@$(OBJCOPY) --add-section .debug_gdb_scripts=$@.scripts $@

# The initial RAM disk holds every file of kernel/initrd, the kernel's own symbols, modules, programs.
INITRD := $(wildcard kernel/initrd/*) $(BUILD)/initrd/kernel.elf $(USER_STRIPPED) \
	$(foreach file,$(INITRD_MODULES),modules/$(notdir $(file))=$(file))

$(BUILD)/initrd.img: scripts/mkinitrd.py $(wildcard kernel/initrd/*) $(BUILD)/initrd/kernel.elf \
		$(INITRD_MODULES) $(USER_STRIPPED)
	@mkdir -p $(@D)
	@echo "  cpio    $@"
	@$(PYTHON) scripts/mkinitrd.py $(INITRD) >$@

$(BUILD)/trapline.iso: $(BUILD)/kernel.elf $(BUILD)/initrd.img scripts/grub.cfg
	@echo "  iso     $@"
	@mkdir -p $(BUILD)/iso/boot/grub
	@cp $(BUILD)/kernel.elf $(BUILD)/initrd.img $(BUILD)/iso/boot/
	@cp scripts/grub.cfg $(BUILD)/iso/boot/grub/
	@grub-mkrescue -o $@ $(BUILD)/iso >$(BUILD)/iso.log 2>&1 || { cat $(BUILD)/iso.log; exit 1; }

-include $(shell find $(BUILD) \( -path $(BUILD)/clients -o -path $(CLIENTS) \) -prune -o -type f -name '*.d' -print 2>/dev/null)
