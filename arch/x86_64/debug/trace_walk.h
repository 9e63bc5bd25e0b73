/*
 * trace_walk.h: "while-stepping": behind a tracepoint that was hit, one instruction after the other
 * is executed and collected, on the processor that was hit. No other one waits for that.
 *
 * A walk is its context's, and lies in cpu->step: between two of its instructions the processor is
 * always in here, so that no interrupt is served, or the step waits with its walks for the context
 * to come back (step_aside.h). Each that is done counts, whoever does it: this, the processor,
 * a slot (displaced.h), or a step of the client's.
 */
#ifndef TRAPLINE_TRACE_WALK_H
#define TRAPLINE_TRACE_WALK_H

#include "state.h"

bool trace_walk_pending(const struct debugger_cpu *cpu);

/* A tracepoint was hit that wants one. Within its own walk it begins anew. */
void trace_walk_begin(struct debugger_cpu *cpu, const struct gdb_trace_walk *walk);

/* An instruction is done, and frame is behind it. The debugger's own code does not count. */
void trace_walk_stepped(struct debugger_cpu *cpu, const struct trap_frame *frame);

/*
 * Leave for the next instruction at cpu->frame; or for good, if there is nothing left to walk. home
 * is where the exception has pushed its frame, and all that lies on this stack from there down is
 * ours; NULL: this is the processor's own stack.
 */
_Noreturn void trace_walk_on(struct debugger_cpu *cpu, const struct trap_frame *home);

/* An exception is dealt with: go on with them; if the kernel handles it, they do so behind that. */
void trace_walk_left(struct debugger_cpu *cpu, struct trap_frame *frame,
                     enum debugger_verdict verdict);

/* They will not be gone on with: what they still wanted is counted as lost. */
void trace_walk_drop(struct step *step);

/* Somebody else has them now. */
void trace_walk_moved(struct debugger_cpu *cpu);

#endif
