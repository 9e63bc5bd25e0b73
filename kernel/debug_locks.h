/* debug_locks.h: who holds which lock, for the debugger. The hook: see debugger.h. */
#ifndef KERNEL_DEBUG_LOCKS_H
#define KERNEL_DEBUG_LOCKS_H

#include "debugger.h"

bool debug_held_lock(const struct debugger_thread *thread, uint64_t *cursor,
                     struct debugger_lock *out);

#endif
