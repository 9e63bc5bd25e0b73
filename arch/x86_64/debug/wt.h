/*
 * wt.h: WinDbg's "wt": the processor is stepped in here through a function and all that it calls,
 * without a word to the client; what was executed where is told when it has returned. And "until":
 * the same, up to where a condition holds.
 *
 * It is a range step over everything (step.c): "monitor wt" only says that the next "continue" of
 * that thread is to be one. So the client sees a stop as any other, and its view is right; steps
 * before that (gdb's own step over a breakpoint) belong to the trace already.
 */
#ifndef TRAPLINE_WT_H
#define TRAPLINE_WT_H

#include "step.h"

/* ---- for those who step ---- */

/* The client resumes a processor: if its thread is to be traced, its action changes. */
void wt_resumed(struct debugger_cpu *cpu);

/*
 * ... and all of them, as far as they run, run freely; cpu is the one that serves. A traced thread
 * that sleeps is waited for.
 */
void wt_all_continue(struct debugger_cpu *cpu);

/* It is about to execute its first instruction since then, at cpu->frame. */
void wt_begun(struct debugger_cpu *cpu);

/*
 * One instruction is done: STEP_ON, STEP_DONE, or STEP_LEAVE: the kernel has switched to another
 * thread, all run, and the step waits for the traced one.
 */
enum step_verdict wt_stepped(struct debugger_cpu *cpu, const struct trap_frame *frame);

/* The breakpoint here does not end it: it has begun there, and comes by again. */
bool wt_passes(uint64_t rip);

/* ---- for the seat ---- */

/* The machine has stopped, and the client is about to be told: what was traced comes first. */
void wt_tell(struct debugger_cpu *cpu);

/* The client is gone. */
void wt_forget(void);

/* ---- monitor wt, monitor until ---- */

void wt_command(struct gdb *g, char *args);
void wt_until_command(struct gdb *g, char *args);

#endif
