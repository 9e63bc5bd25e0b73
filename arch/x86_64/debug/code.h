/*
 * code.h: instructions and backtraces of the stopped machine as text, without a client.
 */
#ifndef TRAPLINE_CODE_H
#define TRAPLINE_CODE_H

#include "insn.h"
#include "target.h"

struct gdb;

/* The instruction there, in memory as the client sees it. False: there is none. */
bool code_decode(const struct gdb *g, uint64_t address, struct insn *insn);

/* "=> 0x... demo_hot+0x4 [kernel]: mov (%rax), %rdx" */
void code_print(struct gdb *g, const struct insn *insn, bool current);

/* Where an operand of the thread's next instruction lies. False: it has no such operand. */
bool code_operand(const struct gdb *g, const struct insn *insn, unsigned n, uint64_t *address);

/* A line for each operand in memory: where it is, and what is there; *blamed is marked. */
void code_print_operands(struct gdb *g, const struct insn *insn, const uint64_t *blamed);

/* A return address: the instruction before it is a call. */
bool code_follows_call(const struct gdb *g, uint64_t address);

/*
 * A thread's callers, at most max: by frame pointers, then whatever on its stack looks like a
 * return address, each of those with a '?'.
 */
void code_backtrace(struct gdb *g, gdb_tid thread, unsigned max);

/* monitor dis, monitor bt */
void code_dis_command(struct gdb *g, char *args);
void code_bt_command(struct gdb *g, char *args);

#endif
