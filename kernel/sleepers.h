/* sleepers.h: threads with a wake_at, the earliest first; and lists of waiters. No lock. */
#ifndef KERNEL_SLEEPERS_H
#define KERNEL_SLEEPERS_H

#include "sync.h"
#include "thread.h"

/* Sets wake_at, which is not 0. Of those with the same, the first stays first. */
void sleepers_put(struct thread *thread, uint64_t wake_at);

/* A thread whose time has come by now, with its wake_at 0 again; NULL: there is none yet. */
struct thread *sleepers_take(uint64_t now);

/* Woken by something else; fine also if it is no sleeper. */
void sleepers_remove(struct thread *thread);

/* Behind the others; the first, NULL if there is none; one that may be anywhere. */
void wait_queue_put(struct wait_queue *queue, struct thread *thread);
struct thread *wait_queue_take(struct wait_queue *queue);
void wait_queue_remove(struct wait_queue *queue, struct thread *thread);

#endif
