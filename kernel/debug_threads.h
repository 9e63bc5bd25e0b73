/* debug_threads.h: the kernel's threads for the debugger's clients. Hooks: see debugger.h. */
#ifndef KERNEL_DEBUG_THREADS_H
#define KERNEL_DEBUG_THREADS_H

#include "debugger.h"

bool debug_next_thread(uint64_t *cursor, struct debugger_thread *out);
bool debug_thread_on(unsigned cpu, struct debugger_thread *out);
bool debug_thread_registers(const struct debugger_thread *thread,
                            struct debugger_thread_registers *registers);

/* ... and its this_thread. */
uint64_t debug_this_thread(void);

#endif
