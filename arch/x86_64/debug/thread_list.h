/*
 * thread_list.h: the client's threads: those of the kernel's list, and the processors that run none
 * of them. Without a list the processors are the threads.
 *
 * The list may be spoiled as everything may be: it is followed for as long as it makes sense, and
 * what is wrong with it is told. The machine is stopped.
 */
#ifndef TRAPLINE_THREAD_LIST_H
#define TRAPLINE_THREAD_LIST_H

#include "state.h"

/* As in target.h. */
gdb_tid threads_next(gdb_tid after);
bool threads_info(gdb_tid thread, struct gdb_thread_info *info);

/* The thread that a processor runs, and the processor that runs a thread: NULL: none does. */
gdb_tid threads_on(const struct debugger_cpu *cpu);
struct debugger_cpu *threads_cpu(gdb_tid thread);

/* What the list says of one that no processor runs; NULL: there is no such thread. */
const struct debugger_thread *threads_asleep(gdb_tid thread);

/* What it says of one, whether that runs or not. */
const struct debugger_thread *threads_entry(gdb_tid thread);

/* The list says whose memory it sees; 0: it does not. */
uint64_t threads_cr3(gdb_tid thread);

/* The embedder's own for it; 0: it is none of the list's. */
uint64_t threads_handle(gdb_tid thread);

/*
 * The list may have changed, and what is wrong with it is news for the client. doubt: it is not
 * only the kernel that has changed it. Who runs keeps his id until the list is asked for again.
 */
void threads_changed(void);
void threads_doubt(void);
void threads_tell(void);

/* monitor threads */
void threads_command(struct gdb *g, char *args);

#endif
