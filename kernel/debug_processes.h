/* debug_processes.h: what a debugger is told of programs, and the pages it needs for them. */
#ifndef KERNEL_DEBUG_PROCESSES_H
#define KERNEL_DEBUG_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>

#include "debugger.h"

/* Hooks of debugger_config. */
bool debug_next_process(uint64_t *cursor, struct debugger_process *out);
uint64_t debug_own_page(uint64_t page);

/*
 * When the debugger needs a page nobody can be asked for one: some are put aside, and replaced
 * here. Called now and then with no lock held.
 */
void debug_pages_refill(void);

#endif
