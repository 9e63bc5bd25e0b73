/* thread_reaper.h: a thread cannot free the stack that it runs on; another one does. */
#ifndef KERNEL_THREAD_REAPER_H
#define KERNEL_THREAD_REAPER_H

#include "thread.h"

/* Start it. */
void thread_reaper_start(void);

/* The current thread has ended, and is to be freed when it was switched away. With the lock. */
void thread_reaper_call(struct thread *dead);

/* Free threads, linked by queue_next, that are in no table and never ran, or will not again. */
void thread_bury(struct thread *threads);

#endif
