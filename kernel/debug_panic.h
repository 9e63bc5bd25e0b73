/* debug_panic.h: the debugger in a kernel that has gone wrong, whether it was wanted or not. */
#ifndef KERNEL_DEBUG_PANIC_H
#define KERNEL_DEBUG_PANIC_H

#include <stddef.h>

/* debugger_config.console and .unattended. */
void debug_console(const char *text, size_t n);
void debug_unattended(void);

/* ... and .beacon, with panic=dump. */
extern const char debug_beacon[];

#endif
