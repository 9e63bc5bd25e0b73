# The module loader's reading and linking, on the modules that the build has made, whole and spoiled.

MODULE_PARTS := $(addprefix $(ROOT)/kernel/,module_elf.c module_dynamic.c module_link.c format.c)
PROGRAMS     += "$(BUILD)/modules $(BUILD)/../modules"
BUILT        += $(BUILD)/modules

$(BUILD)/modules: test.c test_modules.c $(MODULE_PARTS) $(wildcard $(ROOT)/kernel/module*.h *.h \
		$(ROOT)/kernel/elf64.h kernel_host/*/*.h) modules.mk
	@mkdir -p $(@D)
	@echo "  cc      $@"
	@$(CC) $(CFLAGS) $(SANE) -iquote kernel_host -iquote $(ROOT)/kernel test.c test_modules.c \
		$(MODULE_PARTS) -o $@
