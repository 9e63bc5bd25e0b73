/*
 * sync.h: how threads wait for each other: wait queues, and mutexes and conditions made of them.
 * Each has a name, which is what "info threads" shows of who waits for it.
 */
#ifndef KERNEL_SYNC_H
#define KERNEL_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "spinlock.h"

struct thread;

#define WAIT_FOR_EVER UINT64_MAX

/* First come, first served. Guarded by scheduler_lock. */
struct wait_queue {
    const char *kind; /* "mutex", "condition" ... */
    const char *name;
    struct thread *first, *last;
};

#define WAIT_QUEUE(kind_text, name_text) {.kind = (kind_text), .name = (name_text)}

/*
 * Wait until woken, for at most so many ticks. guard, held by the caller by spin_lock(), is what
 * keeps the reason to wait from going away unseen: it is released once the thread is in the queue,
 * and held again on return. False: time is up.
 */
bool wait_on(struct wait_queue *queue, struct spinlock *guard, uint64_t ticks);

/* Let the first go on, or all. Returns whom: for its identity only. Also for interrupt handlers. */
struct thread *wake_first(struct wait_queue *queue);
void wake_all(struct wait_queue *queue);

/*
 * Mutual exclusion between threads, who sleep while they wait. Who unlocks hands over to the first
 * in line, who cannot be overtaken. Not for interrupt handlers.
 */
struct mutex {
    struct spinlock guard;
    struct thread *owner; /* NULL: nobody */
    struct wait_queue waiters;
    uint64_t contended; /* how often somebody had to wait */
    struct mutex *held_next; /* of those that its owner has, the last taken first */
};

#define MUTEX(text) {.guard = SPINLOCK(text), .waiters = WAIT_QUEUE("mutex", text)}

/* Panics if the caller has it already. */
void mutex_lock(struct mutex *mutex);
bool mutex_try_lock(struct mutex *mutex);

/* Panics if the caller does not have it. */
void mutex_unlock(struct mutex *mutex);

/* Something that threads wait for, which a mutex guards. */
struct condition {
    struct spinlock guard;
    struct wait_queue waiters;
};

#define CONDITION(text) {.guard = SPINLOCK(text), .waiters = WAIT_QUEUE("condition", text)}

/*
 * Give up the mutex, wait to be signalled, take the mutex again. Look at what was waited for in a
 * loop: another thread may have been faster. False: so many ticks have gone by.
 */
bool condition_wait(struct condition *condition, struct mutex *mutex, uint64_t ticks);

/* Let one waiter go on, or all. */
void condition_signal(struct condition *condition);
void condition_broadcast(struct condition *condition);

#endif
