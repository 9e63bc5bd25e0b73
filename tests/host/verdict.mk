# What kind of mistake a fault is.

PROGRAMS += "$(BUILD)/verdict"
BUILT    += $(BUILD)/verdict

$(BUILD)/verdict: test.c test_main.c test_verdict.c $(ROOT)/arch/x86_64/debug/verdict.c \
		$(wildcard $(ROOT)/arch/x86_64/debug/*.h *.h) verdict.mk
	@mkdir -p $(@D)
	@echo "  cc      $@"
	@$(CC) $(CFLAGS) $(SANE) -I$(ROOT)/arch/x86_64/debug $(filter %.c,$^) -o $@
