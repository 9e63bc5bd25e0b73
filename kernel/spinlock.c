/*
 * spinlock.c: taking and releasing. A CPU writes down which lock it is about to wait for, and
 * strikes it out right before it lets go: a debugger that stops it between any two instructions
 * finds there what it holds, and what it waits for. The lock says itself which of the two it is.
 */
#include "spinlock.h"

#include <stddef.h>

#include "cpu.h"

/* The first of a CPU's notes about a lock, or with NULL the first that is free; NULL: none is. */
static struct spinlock_note *find_note(struct cpu *cpu, const struct spinlock *lock)
{
    for (unsigned i = 0; i < SPINLOCK_NOTES; i++) {
        if (atomic_load_explicit(&cpu->spinlocks[i].lock, memory_order_relaxed) == lock)
            return &cpu->spinlocks[i];
    }
    return NULL;
}

/* GS is no way to the CPU here: there are locks before it has been loaded. */
bool spin_lock(struct spinlock *lock)
{
    bool enabled = interrupts_save();
    unsigned self = cpu_index();
    struct spinlock_note *note = find_note(&cpus[self], NULL);
    uint8_t holder = 0;

    if (note != NULL) {
        note->since = (uint64_t)__builtin_return_address(0);
        atomic_store_explicit(&note->lock, lock, memory_order_release);
    }
    while (!atomic_compare_exchange_strong_explicit(&lock->holder, &holder, (uint8_t)(self + 1),
                                                    memory_order_acquire, memory_order_relaxed)) {
        while (spin_is_locked(lock))
            cpu_relax();
        holder = 0;
    }
    return enabled;
}

void spin_release(struct spinlock *lock)
{
    struct spinlock_note *note = find_note(&cpus[cpu_index()], lock);

    if (note != NULL)
        atomic_store_explicit(&note->lock, NULL, memory_order_relaxed);
    atomic_store_explicit(&lock->holder, 0, memory_order_release);
}
