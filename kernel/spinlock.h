/*
 * spinlock.h: short mutual exclusion between CPUs, and with interrupt handlers: interrupts are off
 * while one is held, so nothing else can come between, and the holder cannot be preempted. First
 * come, first served. Rules: never wait (for a mutex, a thread, another CPU's answer) with one
 * held; scheduler_lock is taken last.
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cpu/instructions.h"

struct spinlock {
    _Atomic uint32_t next;    /* ticket to draw */
    _Atomic uint32_t serving; /* ticket that holds it, if it is not next */
    const char *name;
};

#define SPINLOCK(text) {.name = (text)}

/* Returns whether interrupts were on: for spin_unlock(). */
static inline bool spin_lock(struct spinlock *lock)
{
    bool enabled = interrupts_save();
    uint32_t ticket = atomic_fetch_add_explicit(&lock->next, 1, memory_order_relaxed);

    while (atomic_load_explicit(&lock->serving, memory_order_acquire) != ticket)
        cpu_relax();
    return enabled;
}

/* The same with interrupts left off. */
static inline void spin_release(struct spinlock *lock)
{
    uint32_t served = atomic_load_explicit(&lock->serving, memory_order_relaxed);

    atomic_store_explicit(&lock->serving, served + 1, memory_order_release);
}

static inline void spin_unlock(struct spinlock *lock, bool enabled)
{
    spin_release(lock);
    interrupts_restore(enabled);
}

/* Somebody holds it. */
static inline bool spin_is_locked(const struct spinlock *lock)
{
    return atomic_load_explicit(&lock->serving, memory_order_relaxed) !=
           atomic_load_explicit(&lock->next, memory_order_relaxed);
}

#endif
