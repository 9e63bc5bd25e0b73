/*
 * spinlock.h: short mutual exclusion between CPUs, and with interrupt handlers: interrupts are off
 * while one is held, so nothing else can come between, and the holder cannot be preempted. Whoever
 * runs gets it: where the processors are threads of a busy host, a queue would wait at each turn
 * for the one in it that does not run. Rules: never wait (for a mutex, a thread, another CPU's
 * answer) with one held; scheduler_lock is taken last.
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cpu/instructions.h"

struct spinlock {
    _Atomic uint8_t holder; /* the number of its CPU, plus 1; 0: nobody */
    const char *name;
};

#define SPINLOCK(text) {.name = (text)}

/* Returns whether interrupts were on: for spin_unlock(). */
bool spin_lock(struct spinlock *lock);

/* The same with interrupts left off. */
void spin_release(struct spinlock *lock);

static inline void spin_unlock(struct spinlock *lock, bool enabled)
{
    spin_release(lock);
    interrupts_restore(enabled);
}

/* Somebody holds it. */
static inline bool spin_is_locked(const struct spinlock *lock)
{
    return atomic_load_explicit(&lock->holder, memory_order_relaxed) != 0;
}

#endif
