# Trapline: a GDB stub inside an x86-64 kernel, and the kernel it is shown in.
# `make help` lists what can be asked for. Everything that is built lands in $(BUILD).

BUILD  ?= build
PYTHON ?= /usr/bin/python3
PORT   ?= 1234
SMP    ?= 1
APPEND ?=

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
CFLAGS   := $(FREESTANDING) $(WARNINGS) $(DEBUG) $(INCLUDES) -ffunction-sections -MMD -MP
ASFLAGS  := $(DEBUG) $(INCLUDES) -MMD -MP -mcmodel=kernel -fno-pic -fno-pie

# The stub is optimised for size on the line and in memory, the kernel for the reader in gdb.
STUB_SOURCES   := $(wildcard gdbstub/*.c arch/x86_64/debug/*.c arch/x86_64/debug/*.S)
KERNEL_SOURCES := $(wildcard kernel/*.c kernel/*/*.c arch/x86_64/boot/*.[cS] arch/x86_64/cpu/*.[cS] \
	arch/x86_64/mm/*.[cS])
object          = $(addprefix $(BUILD)/obj/,$(addsuffix .o,$(1)))
STUB_OBJECTS   := $(call object,$(STUB_SOURCES))
KERNEL_OBJECTS := $(call object,$(KERNEL_SOURCES))

.PHONY: all kernel run debug check test bench iso deps help clean size fuzz
all: $(BUILD)/kernel.elf size

kernel: $(BUILD)/kernel.elf

$(STUB_OBJECTS): OPTIMISE := -Os
$(KERNEL_OBJECTS): OPTIMISE := -Og

$(BUILD)/obj/%.c.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  cc      $<"
	@$(CC) $(CFLAGS) $(OPTIMISE) -c $< -o $@

$(BUILD)/obj/%.S.o: %.S Makefile
	@mkdir -p $(@D)
	@echo "  as      $<"
	@$(CC) $(ASFLAGS) -c $< -o $@

$(BUILD)/kernel.elf: $(KERNEL_OBJECTS) $(STUB_OBJECTS) linker.ld
	@echo "  ld      $@"
	@$(LD) -nostdlib -static --build-id=sha1 -z max-page-size=0x1000 -z noexecstack \
		--no-warn-rwx-segments -T linker.ld -o $@ $(KERNEL_OBJECTS) $(STUB_OBJECTS)

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
