/*
 * threads_world.h: the kernel's scheduler on CPUs that are only pretended. Each thread is a context
 * of the host; one of them runs at a time, and at each world_pause() of the running one chance may
 * let an interrupt come, or another CPU go on.
 */
#ifndef HOST_THREADS_WORLD_H
#define HOST_THREADS_WORLD_H

#include "cpu.h"
#include "scheduler.h"
#include "thread.h"

/* Begin with so many CPUs, all idle, and no threads. What chance brings follows from the seed. */
void world_begin(unsigned cpu_count, uint64_t seed);

/* A thread that can be launched with world_launch(). It ends when run returns. */
struct thread *world_thread(const char *name, void (*run)(void *argument), void *argument);
void world_launch(struct thread *thread);

/* From a thread: where it may be interrupted, or others go on meanwhile. Interrupts must be on. */
void world_pause(void);

/* Let the CPUs run until every thread has ended. Fails the test if none does for a long time. */
void world_run(void);

/* Let the CPUs do what they can without a timer interrupt, and stop when all are idle. */
void world_settle(void);

/* A timer interrupt on each CPU. */
void world_tick(void);

/* Free what the threads had. */
void world_end(void);

/* Below limit. */
uint32_t world_random(uint32_t limit);

/* Interrupts that were sent from CPU to CPU, in all. */
extern unsigned world_interrupts[CPUS_MAX];

#endif
