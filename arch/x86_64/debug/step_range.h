/* step_range.h: one step, and steps within a range or a trace. Private to step*.c. */
#ifndef TRAPLINE_STEP_RANGE_H
#define TRAPLINE_STEP_RANGE_H

#include "step.h"

/* Within a range that is about a millisecond: a clock of 1 kHz that is stepped through goes on. */
#define MASKED_MAX 1024

/* Are interrupts to be let in before the instruction at the frame? */
enum step_interrupts step_interrupts(const struct step *step, const struct trap_frame *frame);

/* A step has ended here: what becomes of the range. */
enum step_verdict step_range_ended(const struct step *step, const struct trap_frame *frame);

/* A breakpoint here that does not: it is to be lifted for the instruction. */
bool step_range_passes(const struct step *step, uint64_t rip);

/* Done, without the processor: a plain instruction. */
bool step_range_short(struct debugger_cpu *cpu);

/* Step the instruction at the frame, or do it. */
enum step_kind step_begin_one(struct step *step, struct trap_frame *frame);

/* The plan only: what is emulated would be done before the kernel's handler runs. */
void step_begin_behind_handler(struct debugger_cpu *cpu);

#endif
