/* run_queue.h: threads that are ready, each priority in the order in which they came. No lock. */
#ifndef KERNEL_RUN_QUEUE_H
#define KERNEL_RUN_QUEUE_H

#include <stdbool.h>

#include "thread.h"

struct run_queue {
    struct {
        struct thread *first, *last;
    } lists[PRIORITIES];
};

/* Behind the others of its priority, or before them. */
void run_queue_put(struct run_queue *queue, struct thread *thread);
void run_queue_put_first(struct run_queue *queue, struct thread *thread);

/* Take out the thread that a CPU is to run next; NULL: there is none that may run there. */
struct thread *run_queue_take(struct run_queue *queue, unsigned cpu);

#endif
