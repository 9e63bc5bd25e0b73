/*
 * seat.h: what exceptions.c tells the seat to do. Private to this directory.
 */
#ifndef TRAPLINE_SEAT_H
#define TRAPLINE_SEAT_H

#include "state.h"
#include "step.h"

/* debugger_stop() with more to say. */
_Noreturn void seat_stop(struct debugger_cpu *cpu, const struct trap_frame *frame,
                         const struct gdb_stop *why);

/* A step is done, or a client breaks in. */
_Noreturn void seat_stop_at_step(struct debugger_cpu *cpu, const struct trap_frame *frame,
                                 enum step_verdict verdict);

/* Step on from the frame without a word to the client. */
_Noreturn void seat_step_silently(struct debugger_cpu *cpu, const struct trap_frame *frame);

/* Leave through cpu->exit, unless a client wants in again: then stop at cpu->frame. */
_Noreturn void seat_leave(struct debugger_cpu *cpu);

#endif
