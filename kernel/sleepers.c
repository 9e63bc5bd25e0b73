/* sleepers.c: the two kinds of lists in which threads wait. */
#include "sleepers.h"

static struct thread *earliest;

void sleepers_put(struct thread *thread, uint64_t wake_at)
{
    struct thread **link = &earliest;

    while (*link != NULL && (*link)->wake_at <= wake_at)
        link = &(*link)->sleep_next;
    thread->wake_at = wake_at;
    thread->sleep_next = *link;
    *link = thread;
}

struct thread *sleepers_take(uint64_t now)
{
    struct thread *thread = earliest;

    if (thread == NULL || thread->wake_at > now)
        return NULL;
    sleepers_remove(thread);
    return thread;
}

void sleepers_remove(struct thread *thread)
{
    struct thread **link = &earliest;

    if (thread->wake_at == 0)
        return;
    while (*link != thread)
        link = &(*link)->sleep_next;
    *link = thread->sleep_next;
    thread->sleep_next = NULL;
    thread->wake_at = 0;
}

void wait_queue_put(struct wait_queue *queue, struct thread *thread)
{
    thread->queue_next = NULL;
    if (queue->first == NULL)
        queue->first = thread;
    else
        queue->last->queue_next = thread;
    queue->last = thread;
}

struct thread *wait_queue_take(struct wait_queue *queue)
{
    struct thread *thread = queue->first;

    if (thread != NULL)
        wait_queue_remove(queue, thread);
    return thread;
}

void wait_queue_remove(struct wait_queue *queue, struct thread *thread)
{
    struct thread *before = NULL;

    for (struct thread *t = queue->first; t != thread; t = t->queue_next)
        before = t;
    if (before == NULL)
        queue->first = thread->queue_next;
    else
        before->queue_next = thread->queue_next;
    if (queue->last == thread)
        queue->last = before;
    thread->queue_next = NULL;
}
