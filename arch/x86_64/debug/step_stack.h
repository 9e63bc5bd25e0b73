/*
 * step_stack.h: a stack for the #DB of a step that would have none.
 *
 * At the entry of a system call ring 0 runs on the program's rsp, and at its end again (Intel SDM
 * vol. 2, SYSCALL and SYSRET). A #DB there is pushed onto the program's stack: over what it keeps
 * below its rsp, or, as SMAP forbids that, not at all: a double fault. For such a step the gate of
 * #DB gets an interrupt stack. It cannot have one always: two #DBs may come in a row, and the
 * second would overwrite the frame of the first (debugreg_trap.c).
 */
#ifndef TRAPLINE_STEP_STACK_H
#define TRAPLINE_STEP_STACK_H

#include "state.h"

/* The frame is about to be left for a step in hardware: give its #DB a stack if it may need one. */
void step_stack_borrow(struct step *step, const struct trap_frame *frame);

/* May it need one? The gate is every processor's: nobody else may be stepping then. */
bool step_stack_is_needed(const struct step *step, const struct trap_frame *frame);

/* The step is over, or given up. */
void step_stack_return(struct step *step);

#endif
