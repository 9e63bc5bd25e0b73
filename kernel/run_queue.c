/* run_queue.c: one list a priority. */
#include "run_queue.h"

#include "panic.h"

void run_queue_put(struct run_queue *queue, struct thread *thread)
{
    if (thread->priority >= PRIORITIES)
        panic("thread %lu \"%s\" has no priority", thread->id, thread->name);
    thread->queue_next = NULL;
    if (queue->lists[thread->priority].first == NULL)
        queue->lists[thread->priority].first = thread;
    else
        queue->lists[thread->priority].last->queue_next = thread;
    queue->lists[thread->priority].last = thread;
}

void run_queue_put_first(struct run_queue *queue, struct thread *thread)
{
    if (queue->lists[thread->priority].first == NULL)
        queue->lists[thread->priority].last = thread;
    thread->queue_next = queue->lists[thread->priority].first;
    queue->lists[thread->priority].first = thread;
}

static struct thread *take(struct run_queue *queue, unsigned priority, unsigned cpu)
{
    struct thread *before = NULL, *t;

    for (t = queue->lists[priority].first; t != NULL; before = t, t = before->queue_next) {
        if (t->pinned != THREAD_ANY_CPU && t->pinned != (int)cpu)
            continue;
        if (before == NULL)
            queue->lists[priority].first = t->queue_next;
        else
            before->queue_next = t->queue_next;
        if (t->queue_next == NULL)
            queue->lists[priority].last = before;
        t->queue_next = NULL;
        return t;
    }
    return NULL;
}

struct thread *run_queue_take(struct run_queue *queue, unsigned cpu)
{
    struct thread *thread = NULL;

    for (int priority = PRIORITIES - 1; priority >= 0 && thread == NULL; priority--)
        thread = take(queue, (unsigned)priority, cpu);
    return thread;
}
