/* sync_wait.c: wait queues for everybody: the scheduler's, with its lock. */
#include "sync.h"

#include <stddef.h>

#include "scheduler.h"

bool wait_on(struct wait_queue *queue, struct spinlock *guard, uint64_t ticks)
{
    spin_lock(&scheduler_lock);

    bool woken = scheduler_wait(queue, guard, ticks);

    spin_release(&scheduler_lock);
    spin_lock(guard);
    return woken;
}

struct thread *wake_first(struct wait_queue *queue)
{
    bool enabled = spin_lock(&scheduler_lock);
    struct thread *thread = scheduler_wake(queue);

    spin_unlock(&scheduler_lock, enabled);
    return thread;
}

void wake_all(struct wait_queue *queue)
{
    bool enabled = spin_lock(&scheduler_lock);

    while (scheduler_wake(queue) != NULL)
        ;
    spin_unlock(&scheduler_lock, enabled);
}
