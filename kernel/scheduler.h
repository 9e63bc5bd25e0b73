/*
 * scheduler.h: which thread runs where. For thread.c, sync*.c and the interrupts; everybody else
 * uses thread.h and sync.h.
 *
 * One lock guards the state of every thread and every queue that a thread can be in. It is held
 * while stacks are switched, and released by the thread that was switched to: so nobody ever sees a
 * thread that is neither here nor there.
 */
#ifndef KERNEL_SCHEDULER_H
#define KERNEL_SCHEDULER_H

#include "cpu.h"
#include "spinlock.h"
#include "sync.h"
#include "thread.h"

#define SLICE_TICKS 5 /* that a thread may run while others of its priority are ready */

extern struct spinlock scheduler_lock;

/* A CPU begins to schedule: it runs thread now, and idle when nothing else wants to. */
void scheduler_online(struct thread *thread, struct thread *idle);

/* What idle threads run. */
_Noreturn void scheduler_idle(void);

/* From the timer interrupt of each CPU. */
void scheduler_tick(void);

/* An interrupt has been served that came while interrupts were on: another thread may be due. */
void scheduler_preempt(void);

/* ---- with scheduler_lock held ---- */

/*
 * Give the CPU away. The current thread's state says what becomes of it: one that is still
 * THREAD_RUNNING gets in line again. Returns when it is its turn, with the lock held.
 */
void scheduler_switch(void);

/* The thread may run: now, if a CPU has nothing more important to do. */
void scheduler_ready(struct thread *thread);

/* wait_on() and wake_first() of sync.h. */
bool scheduler_wait(struct wait_queue *queue, struct spinlock *guard, uint64_t ticks);
struct thread *scheduler_wake(struct wait_queue *queue);

#endif
