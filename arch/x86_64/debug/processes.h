/*
 * processes.h: the programs that the kernel runs, as far as it tells of them: whose memory a client
 * means, and "monitor ps" and "monitor process".
 */
#ifndef TRAPLINE_PROCESSES_H
#define TRAPLINE_PROCESSES_H

#include "state.h"

struct gdb;

/*
 * The client has chosen a process for what it reads, writes and sets in user memory. The space may
 * be another one at each stop, SPACE_GONE if the process has ended.
 */
bool process_chosen(uint64_t *space);

/* Whose a space is; false: no process says that it is its own. */
bool process_with(uint64_t space, struct debugger_process *process);

/* The client that has chosen is gone. */
void process_forget(void);

/* To be told of each stop: a hit in ring 3 of another process ends the choice. */
void process_stopped(const struct debugger_cpu *cpu);

/* monitor ps, process */
void process_list_command(struct gdb *g, char *args);
void process_command(struct gdb *g, char *args);

#endif
