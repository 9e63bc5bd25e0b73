# Programs for ring 3: kernel/user/NAME.c with the library, each at the same addresses. $(BUILD)/user
# has them with their debug information; the initrd gets them without.

USER_PROGRAMS := init worker check crash zoo twin tls cow
USER_ELFS     := $(USER_PROGRAMS:%=$(BUILD)/user/%.elf)
USER_STRIPPED := $(USER_PROGRAMS:%=$(BUILD)/user/stripped/%)
USER_CFLAGS   := -std=c11 -ffreestanding -fno-stack-protector -fno-pic -no-pie -fcf-protection=none \
	-fno-asynchronous-unwind-tables -fno-common -Og $(WARNINGS) $(DEBUG) -Ikernel -Ikernel/user
USER_LDFLAGS  := -nostdlib -static -Wl,-Ttext-segment=0x400000,--build-id=sha1,-z,noexecstack \
	-Wl,-z,max-page-size=0x1000,-z,separate-code

$(BUILD)/user/%.elf: kernel/user/%.c kernel/user/library.c kernel/user/start.S kernel/user/user.h \
		kernel/syscall_numbers.h kernel/user/user.mk | tools
	@mkdir -p $(@D)
	@echo "  user    $@"
	@$(CC) $(USER_CFLAGS) $(USER_LDFLAGS) $(filter %.c %.S,$^) -o $@
$(BUILD)/user/zoo.elf: kernel/user/zoo_ways.S

$(BUILD)/user/stripped/%: $(BUILD)/user/%.elf
	@mkdir -p $(@D)
	@$(OBJCOPY) --strip-all $< $@
.SECONDARY: $(USER_ELFS)
