/* debug.h: this kernel as an embedder of the debugger: what docs/porting.md asks of one. */
#ifndef KERNEL_DEBUG_H
#define KERNEL_DEBUG_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/descriptors.h"

struct debugger_transport;
struct trap_frame;

/* An exception stops in the debugger from here on: boot.S calls it before any other C. */
void debug_early_init(void);

/*
 * debugger_late_init() with all that is to be told of this kernel. transport: NULL for the line
 * that the command line names.
 */
const char *debug_start(const struct debugger_transport *transport, uint32_t online);

/*
 * The kernel gives up, at frame (or here, if that is NULL): a client is told, or the console if
 * there is none, with gdb=off as well. Returns if a client lets the kernel go on to its end.
 */
void debug_panic(const struct trap_frame *frame, const char *message);

/* After that, with interrupts off: whoever comes on the line is let in, as often as they come. */
_Noreturn void debug_panic_wait(void);

/* Start to serve, as the command line says, and say so or why not. */
void debug_init(void);

/*
 * gdb=wait: true, and the caller has to hit a breakpoint of its own, so that the client finds
 * itself there. gdb=wait:<n>s: waits in here. Otherwise does nothing.
 */
bool debug_stop_first(void);

/* What the debugger is given of our memory, for nobody else to write to. */
struct descriptors_part debug_memory(void);

/* Let the line interrupt the CPU: Ctrl-C need not wait for the timer. After apic_init(). */
void debug_enable_interrupt(void);

#endif
