/*
 * step_aside.h: steps that are open to others.
 *
 * Where interrupts are let in before the instruction, or the kernel resolves a fault of it, any
 * amount of other code runs until it is executed: handlers, whole threads, with breakpoints to be
 * stepped over and traps of their own; and when the kernel has switched threads, it is executed by
 * another processor. Such a step is no processor's. It waits here for its context to come back.
 */
#ifndef TRAPLINE_STEP_ASIDE_H
#define TRAPLINE_STEP_ASIDE_H

#include "state.h"

/* cpu->step is open, or to be begun again: it is put here, and the processor steps nothing. */
void step_put_aside(struct debugger_cpu *cpu);

/*
 * The kernel has switched to another thread than the one that is stepped: it traps when it goes on.
 * cpu->step waits for it here. False: where it keeps its flags is not known.
 */
bool step_aside_sleep(struct debugger_cpu *cpu, gdb_tid thread);
bool step_aside_can_sleep(gdb_tid thread);

/* There is no place for one more. */
bool step_aside_full(void);

/*
 * An exception with this frame was taken: if it is one of a step that waits here, that is
 * cpu->step and cpu->action from now on. It has ended with a #DB with DR6.BS; or has raised another
 * exception, or is about to; or has come back to the breakpoint that it was to be stepped over.
 */
bool step_aside_ended(struct debugger_cpu *cpu, const struct trap_frame *frame);
bool step_aside_is_at(struct debugger_cpu *cpu, const struct trap_frame *frame);
bool step_aside_is_again(struct debugger_cpu *cpu, const struct trap_frame *frame);

/* A trap may be on its way that ends one, and soon. */
bool step_aside_waits(void);

/* The machine has stopped, on all processors: none of them is under way any more. */
void step_aside_abandon(void);

#endif
