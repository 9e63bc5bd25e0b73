/*
 * thread.h: threads of the kernel: preemptive, round robin among equals, on every CPU. A thread of
 * a user process is one whose function goes to ring 3 and comes back by system calls.
 */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/switch.h"

#define THREAD_NAME_MAX 32 /* with the zero at the end */
#define THREAD_ANY_CPU  (-1)

/* A ready thread of a higher priority always runs first. */
enum thread_priority { PRIORITY_LOW, PRIORITY_NORMAL, PRIORITY_HIGH, PRIORITIES };

enum thread_state {
    THREAD_NEW,      /* made, not launched */
    THREAD_READY,    /* waits for a CPU */
    THREAD_RUNNING,  /* on one */
    THREAD_SLEEPING, /* until wake_at */
    THREAD_BLOCKED,  /* on waits_for, and until wake_at if that is not 0 */
    THREAD_DEAD,     /* has ended, its memory is about to be freed */
};

struct address_space;
struct mutex;
struct process;
struct wait_queue;

/*
 * Everything is guarded by scheduler_lock, but what is said to belong to the thread itself. For a
 * debugger: a thread runs if it is the current one of a CPU (cpu.h), whatever its state says; else
 * rsp leads to its struct switch_frame.
 */
struct thread {
    uint64_t rsp; /* of a thread that does not run: its struct switch_frame */
    uint64_t id;  /* 1 is kernel_main()'s; never used again */
    char name[THREAD_NAME_MAX];
    enum thread_state state;
    uint8_t priority;          /* enum thread_priority */
    bool idle;                 /* the one of its CPU that runs when nobody else wants to */
    int pinned;                /* the only CPU it may run on, or THREAD_ANY_CPU */
    unsigned cpu;              /* where it runs, or ran last */
    uint64_t ticks;            /* that found it running: its CPU time in ms */
    const struct wait_queue *waits_for; /* while THREAD_BLOCKED: whose kind and name tell of it */
    uint64_t wake_at;          /* clock_ticks; 0: nothing but being woken ends the wait */
    bool timed_out;            /* ... and what did end it */

    struct thread *next, *previous;         /* all of them, by id: thread_table.h */
    struct thread *queue_next;              /* of the run queue, or of the wait queue */
    struct thread *sleep_next;              /* of those with a wake_at */

    /* Written before thread_launch(), or by the thread itself. */
    uint64_t stack;                 /* its lowest address; what is below is not mapped */
    uint64_t stack_top;             /* rsp at an entry from ring 3 */
    struct address_space *space;    /* NULL: the kernel's */
    void *fpu;                      /* 512 bytes for fxsave, aligned to 16; NULL: uses none */
    struct process *process;        /* NULL: a thread of the kernel */
    uint64_t fs_base, gs_base;      /* ring 3's, of one with an FPU that does not run */
    struct mutex *held;             /* the mutexes that it has: for a debugger */
};

_Static_assert(offsetof(struct thread, rsp) == THREAD_RSP, "switch.S reads it");

/*
 * A thread that will call run(argument) and end when that returns. It can still be changed (cpu,
 * priority, address space) and does nothing before thread_launch(). NULL: no memory, or
 * THREADS_MAX of them. Called by threads, not by interrupt handlers.
 */
struct thread *thread_create(const char *name, void (*run)(void *argument), void *argument);

/* Let it run. It may have ended before this returns its id. */
uint64_t thread_launch(struct thread *thread);

/* Both at once, with priority PRIORITY_NORMAL on any CPU; 0: there is no memory. */
uint64_t thread_run(const char *name, void (*run)(void *argument), void *argument);

/* End the current thread. Its stack is unmapped and freed a little later. */
_Noreturn void thread_exit(void);

/* Wait until a thread has ended; at once if it has, or never was. */
void thread_join(uint64_t id);

/* Let another thread of the same priority run, if there is one. */
void thread_yield(void);

/* Do nothing for so many ticks of clock_ticks (1 ms each) at least. */
void thread_sleep(uint64_t ticks);

/* How many threads there are, idle ones and dead ones that are not freed yet included. */
size_t thread_count(void);

/* "running", "ready", "sleeping", "blocked on mutex log_lock": for people. Takes no lock. */
void thread_describe(const struct thread *thread, char *text, size_t size);

/*
 * All threads in the order of their ids, which is that of their making. Followed without a lock by
 * a debugger only, with the machine stopped.
 */
extern struct thread *thread_first;

/* Most threads at a time. */
#define THREADS_MAX 1024

#endif
