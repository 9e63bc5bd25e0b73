/* debug.h: this kernel as an embedder of the debugger: what docs/porting.md asks of one. */
#ifndef KERNEL_DEBUG_H
#define KERNEL_DEBUG_H

#include <stdbool.h>
#include <stdint.h>

/* The I/O port that the command line gives to the debugger; 0 if it gives none. */
uint16_t debug_port(void);

/* An exception stops in the debugger from here on: boot.S calls it before any other C. */
void debug_early_init(void);

/* Start to serve, as the command line says, and say so or why not. */
void debug_init(void);

/*
 * gdb=wait: true, and the caller has to hit a breakpoint of its own, so that the client finds
 * itself there. gdb=wait:<n>s: waits in here. Otherwise does nothing.
 */
bool debug_stop_first(void);

/* Let the line interrupt the CPU: Ctrl-C need not wait for the timer. After apic_init(). */
void debug_enable_interrupt(void);

#endif
