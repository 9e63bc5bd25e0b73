# The driver of COM1, with a UART that minds its FIFOs. Its own port.h is kept out by the guard of ours.

PROGRAMS += "$(BUILD)/uart"
BUILT    += $(BUILD)/uart

$(BUILD)/uart: test.c test_main.c test_uart.c $(ROOT)/arch/x86_64/debug/uart16550.c \
		$(wildcard $(ROOT)/arch/x86_64/debug/uart16550*.h *.h) uart.mk
	@mkdir -p $(@D)
	@echo "  cc      $@"
	@$(CC) $(CFLAGS) $(SANE) -I$(ROOT)/arch/x86_64/debug -include uart_port.h $(filter %.c,$^) -o $@
