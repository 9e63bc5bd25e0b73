/* console.h: where the log can be read as it grows. */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Find a device: QEMU's debug console, else a UART at COM2, else at COM1, and the one at the port
 * that is the debugger's (0: it has none) last of all or first, as gdb.console= says. What was
 * logged until now is written first. On the debugger's line text is plain while no client waits
 * there, and in O packets while one does.
 */
void console_init(uint16_t debugger_port);

/* Does nothing before console_init() and without a device. */
void console_write(const char *text, size_t n);

#endif
