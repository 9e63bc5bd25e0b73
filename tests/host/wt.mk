# monitor wt's tree of calls, and the conditions of monitor until.

WT_PARTS := $(addprefix $(X86)/,call_tree.c condition.c expression.c)
PROGRAMS += "$(BUILD)/wt"
BUILT    += $(BUILD)/wt

$(BUILD)/wt: test.c test_main.c test_call_tree.c test_condition.c $(WT_PARTS) $(wildcard $(X86)/*.h *.h) wt.mk
	@mkdir -p $(@D)
	@echo "  cc      $@"
	@$(CC) $(CFLAGS) $(SANE) -I$(X86) $(filter %.c,$^) -o $@
