# Who has which debug register.

PROGRAMS += "$(BUILD)/debugreg"
BUILT    += $(BUILD)/debugreg

$(BUILD)/debugreg: test.c test_main.c test_debugreg.c $(ROOT)/arch/x86_64/debug/debugreg.c $(CORE) \
		$(wildcard $(ROOT)/arch/x86_64/debug/*.h *.h) debugreg.mk
	@mkdir -p $(@D)
	@echo "  cc      $@"
	@$(CC) $(CFLAGS) $(SANE) -I$(ROOT)/arch/x86_64/debug $(filter %.c,$^) -o $@
