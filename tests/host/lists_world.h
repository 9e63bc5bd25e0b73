/*
 * lists_world.h: a kernel's list of threads that can be spoiled, four processors, and memory where
 * sleepers have saved their registers.
 */
#ifndef HOST_LISTS_WORLD_H
#define HOST_LISTS_WORLD_H

#include "state.h"

enum {
    WORLD_THREADS = 1000, /* at most */
    WORLD_SAVED = 0x10000, /* where world_saved is in the kernel's memory */
    WORLD_END = -1,        /* values of next, besides a place in the list */
    WORLD_UNREADABLE = -2,
    WORLD_ENDLESS = -3, /* ever new threads come behind it */
};

struct world_thread {
    struct debugger_thread thread;
    int next;
};

extern struct world_thread world_list[WORLD_THREADS];
extern size_t world_steps;      /* calls of the hook */
extern char world_console[512]; /* what was told since it was emptied */
extern bool world_answers;      /* the processors do what they are called for */
extern uint64_t world_saved[2 * DEBUGGER_REGISTERS]; /* of odd and even threads; 3 has none */

/* n threads with the ids 1.. that sleep, and four processors that run none of them. */
void world_make(size_t n);

/* The hook thread_on, which world_make() leaves out, and its calls. */
extern size_t world_asked;
bool world_thread_on(unsigned cpu, struct debugger_thread *out);

/* Let the thread at this place run there. */
void world_run(size_t place, int cpu);

struct debugger_cpu *world_cpu(unsigned n);

#endif
