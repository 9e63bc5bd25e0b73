/*
 * thread_walk.h: the kernel's list of threads, followed without trust in it, and where one of them
 * is. Of an id that is twice in it the first is shown.
 */
#ifndef TRAPLINE_THREAD_WALK_H
#define TRAPLINE_THREAD_WALK_H

#include "state.h"

/* What the last walk has found. */
struct thread_walk {
    size_t count;        /* entries, up to the end or to what is wrong */
    const char *problem; /* or NULL */
    uint64_t id;         /* of the entry behind which it is wrong; 0: at the first */
    uint64_t twice;      /* an id that two entries have; 0: none was found */
    size_t first;        /* the number of the one of them that is shown */
    uint32_t has_thread; /* bit n: one of them runs on processor n */
};
extern struct thread_walk thread_walk;

/* From its beginning to its end. All else is about the list as it was then. */
void thread_walk_all(void);

/* The entry where the walk is: before the first (NULL), or one of them that is shown. */
const struct debugger_thread *thread_walk_here(void);
void thread_walk_rewind(void);

/* To the next one; false: behind the last, and before the first again. */
bool thread_walk_advance(void);

/* To the one with that id; false: there is none, and before the first. */
bool thread_walk_find(gdb_tid id);

/* Of an entry: what makes it none, or NULL; its texts made texts; the processor it runs on. */
const char *thread_problem(const struct debugger_thread *thread);
void thread_make_texts(struct debugger_thread *thread);
struct debugger_cpu *thread_runs_on(const struct debugger_thread *thread);

#endif
