/*
 * step.h: one instruction at a time, by the trap flag.
 */
#ifndef TRAPLINE_STEP_H
#define TRAPLINE_STEP_H

#include "state.h"

/* What a trap in the middle of a step means. */
enum step_verdict {
    STEP_SILENT,      /* leave through the frame, it goes on by itself */
    STEP_DONE,        /* the client wants to know */
    STEP_INTERRUPTED, /* a client breaks in */
};

/* Before the debuggee runs: plant the breakpoints and set TF as cpu->action asks for it. */
void step_prepare(struct debugger_cpu *cpu);

/* A single-step trap was taken. The frame may be changed. */
enum step_verdict step_trapped(struct debugger_cpu *cpu, struct trap_frame *frame);

/* An int3 that is nobody's breakpoint was executed: was that the instruction to be stepped over? */
bool step_over_done(struct debugger_cpu *cpu, struct trap_frame *frame);

/* The machine has stopped: no step is under way any more, and TF was never there. */
void step_abandon(struct debugger_cpu *cpu);

#endif
