# Loadable modules: each kernel/modules/NAME.c becomes $(BUILD)/modules/NAME.ko, a shared object with its
# DWARF, which clients read; the initrd gets a copy without. A module that uses others is linked with
# them: the loader finds their names in it.

MODULES        := $(patsubst kernel/modules/%.c,%,$(wildcard kernel/modules/*.c))
MODULE_FILES   := $(MODULES:%=$(BUILD)/modules/%.ko)
INITRD_MODULES := $(MODULES:%=$(BUILD)/obj/modules/%.ko)

$(BUILD)/modules/disktest.ko: $(BUILD)/modules/ramdisk.ko

all kernel: $(MODULE_FILES)

# Position independent, every call to the outside through the GOT: 32 bits may not reach that far.
MODULE_CFLAGS := $(filter-out -fno-pic -fno-pie -mcmodel=kernel,$(CFLAGS)) -Ikernel/modules -Og \
	-fPIC -fno-plt -fvisibility=hidden
MODULE_LDFLAGS := -shared -nostdlib --build-id=sha1 --hash-style=sysv -z max-page-size=0x1000 \
	-z separate-code -z relro -z now -z text -z noexecstack

$(BUILD)/obj/kernel/modules/%.o: kernel/modules/%.c Makefile kernel/modules/modules.mk | tools
	@mkdir -p $(@D)
	@echo "  cc      $<"
	@$(CC) $(MODULE_CFLAGS) -c $< -o $@

$(BUILD)/modules/%.ko: $(BUILD)/obj/kernel/modules/%.o
	@mkdir -p $(@D)
	@echo "  ld      $@"
	@$(LD) $(MODULE_LDFLAGS) -soname $(@F) -o $@ $^

$(INITRD_MODULES): $(BUILD)/obj/modules/%.ko: $(BUILD)/modules/%.ko
	@mkdir -p $(@D)
	@$(OBJCOPY) --strip-debug $< $@
.SECONDARY: $(MODULES:%=$(BUILD)/obj/kernel/modules/%.o)
