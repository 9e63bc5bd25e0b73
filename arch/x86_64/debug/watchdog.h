/*
 * watchdog.h: notices that the kernel's timer interrupt does not come any more, by NMIs that do.
 */
#ifndef TRAPLINE_WATCHDOG_H
#define TRAPLINE_WATCHDOG_H

#include <stdbool.h>

struct debugger_cpu;
struct gdb;

/* The NMIs that come are the watchdog's clock. */
bool watchdog_runs(void);

/* An NMI: true if there was no timer tick for too long, and on which processor. */
bool watchdog_bites(void);
struct debugger_cpu *watchdog_hung(void);

/* Tell a client that waits why the machine stopped. */
void watchdog_tell(struct debugger_cpu *cpu);

/* monitor watchdog */
void watchdog_command(struct gdb *g, char *args);

#endif
