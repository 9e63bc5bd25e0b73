/*
 * seat.h: one processor at a time serves the client, the others wait. Private to this directory.
 *
 * Who takes the seat rounds the others up: by NMI, with a bounded wait. They halt, and what they
 * would have to say waits. The seat is kept while its owner steps an instruction that nobody else
 * may see half done, and handed on to the one that has to step; then all that are to run are let
 * go, and it is free. Breakpoints are planted and lifted by the owner, while all others wait.
 */
#ifndef TRAPLINE_SEAT_H
#define TRAPLINE_SEAT_H

#include "state.h"
#include "step.h"

/* ---- seat.c: whose it is ---- */

/* Take it if nobody else has it. */
bool seat_take(struct debugger_cpu *cpu);
bool seat_is_mine(const struct debugger_cpu *cpu);
bool seat_is_free(void);
void seat_give(struct debugger_cpu *to);
void seat_leave_free(void);

/* More than one processor is online. */
bool seat_has_others(void);

/* The others stop, or are marked as absent. The owner has the line when it returns. */
void seat_round_up(struct debugger_cpu *cpu);

/* As resume() in target.h: what each processor is to do. */
struct gdb_error seat_resume(const struct gdb_action *actions, size_t n);

/* The client is gone: what it has not been told yet is of interest to nobody. */
void seat_forget(void);

/*
 * From the kernel's own code, interrupts off: the others stop without a word to the client, so that
 * breakpoints can be changed; and go on. Nothing if they are stopped already: then false.
 */
bool seat_freeze(struct debugger_cpu *cpu);
void seat_thaw(struct debugger_cpu *cpu, bool frozen);

/* There are others that the client lets run, and that wait. */
bool seat_others_wait(const struct debugger_cpu *cpu);

/* The others that the client lets run, and that have nothing to do before, run. */
void seat_let_go(const struct debugger_cpu *cpu);

/* Let them be first: who needs no waking would be the one that always comes to the next stop. */
void seat_see_off(const struct debugger_cpu *cpu);

/* Who has to act before all run (step, report what is queued, step over a breakpoint), or NULL. */
struct debugger_cpu *seat_next(void);

/* It has a step to make, once it is its turn. */
bool seat_steps(const struct debugger_cpu *cpu);

/*
 * It is parked with a step to make, and there are no turns: it has met another one that froze the
 * machine for a business of its own, and is to take the seat.
 */
bool seat_is_due(const struct debugger_cpu *cpu);

/* It has got the seat while it was parked: it does that, and does not return. */
void seat_have(struct debugger_cpu *cpu, void (*then)(struct debugger_cpu *cpu));

/* A client may knock where one is parked, while another runs that does not take interrupts. */
void seat_let_client_in(struct debugger_cpu *cpu);

/* It has a stop to report that is still of interest. */
bool seat_has_news(const struct debugger_cpu *cpu);

/* ... which is that a client wants in, or that something hangs. Any stop will do for that. */
bool seat_is_called(const struct debugger_cpu *cpu);

/* Somebody has heard a client, and does not get to a stop: another one is to go. */
bool seat_is_overdue(void);

/* The machine stops for this one: the others that were called need not. */
void seat_answer(const struct debugger_cpu *cpu);

/* Whose stop it is that a processor serves for: its own, that of one that could run or hangs. */
struct debugger_cpu *seat_stopped(struct debugger_cpu *cpu);

/* Words for the client about those that did not answer. */
void seat_tell_absent(void);

/* Do f on a processor: this one, or one that is parked. False: it is not, or does not answer. */
bool seat_call(struct debugger_cpu *cpu, debugger_call *f, void *context);

/* Sleep until there may be something to do. */
void seat_doze(struct debugger_cpu *cpu);

/* ---- debugger.c: stopping ---- */

/* debugger_stop() with more to say. */
_Noreturn void seat_stop(struct debugger_cpu *cpu, const struct trap_frame *frame,
                         const struct gdb_stop *why);

/* A step is done, or a client breaks in. */
_Noreturn void seat_stop_at_step(struct debugger_cpu *cpu, const struct trap_frame *frame,
                                 enum step_verdict verdict);

/* Serve the client, on the stack for that: cpu->stop is to be reported. */
_Noreturn void seat_serve(struct debugger_cpu *cpu);

/* Take the debuggee's state over, and leave its stack alone from now on. */
void seat_enter(struct debugger_cpu *cpu, const struct trap_frame *frame);

/* ---- seat_leave.c: going on, or waiting ---- */

/* The client has resumed the machine, or the one that acted before is done: who is next? */
_Noreturn void seat_proceed(struct debugger_cpu *cpu);

/* Step on from the frame without a word to the client. */
_Noreturn void seat_step_silently(struct debugger_cpu *cpu, const struct trap_frame *frame);

/* The seat for a step that goes on; if another one stops the machine, wait for that to end. */
void seat_claim(struct debugger_cpu *cpu, const struct trap_frame *frame);

/* ... or for one past a breakpoint, whose conditions are not to be evaluated a second time. */
void seat_claim_past(struct debugger_cpu *cpu, const struct trap_frame *frame);

/* Go on at cpu->frame as if nothing had been there, though the interrupted stack has changed. */
_Noreturn void seat_leave_unseen(struct debugger_cpu *cpu);

/* An exception is dealt with. If the others have waited for that, they go on. */
void seat_done(struct debugger_cpu *cpu, const struct trap_frame *frame,
               enum debugger_verdict verdict);

/* Another one stops the machine at the same time: cpu->stop is told after that. */
_Noreturn void seat_queue(struct debugger_cpu *cpu);

/* The frame that the client made cannot be left: say so where it was last known to be good. */
_Noreturn void seat_left_badly(struct debugger_cpu *cpu);

/* Where something on the processor's own stack begins: rsp at a function's first instruction. */
uint64_t seat_own_stack(const struct debugger_cpu *cpu);

/*
 * An NMI has come. If it is to park this one, it does; true: not now. The client could step from
 * here through the debugger's own way in, which begins before inside is set, or see the kernel's
 * half of it; or find breakpoints half changed: who changes them lets it in afterwards.
 */
bool seat_summons(struct debugger_cpu *cpu, const struct trap_frame *frame);

/* Another one has the seat, and wants all to stop: wait for it. */
_Noreturn void seat_join(struct debugger_cpu *cpu, const struct trap_frame *frame);
_Noreturn void seat_wait(struct debugger_cpu *cpu);

/* Leave through cpu->exit, unless a client wants in again: then stop at cpu->frame. */
_Noreturn void seat_leave(struct debugger_cpu *cpu);

#endif
