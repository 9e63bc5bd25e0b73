/*
 * thread_table.h: all threads, in the order of their ids, which are never used again. No lock of
 * its own: scheduler_lock.
 */
#ifndef KERNEL_THREAD_TABLE_H
#define KERNEL_THREAD_TABLE_H

#include "thread.h"

/* Give the thread its id and put it in. False: THREADS_MAX are there. */
bool thread_table_add(struct thread *thread);
void thread_table_remove(struct thread *thread);

/* NULL: it has gone, or never was. */
struct thread *thread_table_find(uint64_t id);

#endif
