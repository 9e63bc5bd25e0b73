/* step_near.h: on to a breakpoint that is a few instructions ahead. Private to step*.c. */
#ifndef TRAPLINE_STEP_NEAR_H
#define TRAPLINE_STEP_NEAR_H

#include "step.h"

/* The step begins, if it is to be made: see step_is_near(). */
enum step_mode step_near_begin(struct debugger_cpu *cpu);

/* An instruction of it is done. */
enum step_verdict step_near_ended(struct step *step, const struct trap_frame *frame);

#endif
