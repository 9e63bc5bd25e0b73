/*
 * step.h: one instruction at a time, such that the program cannot tell.
 *
 * step_plan.h says how one instruction is stepped; here is what a step means to the client, to
 * breakpoints and to interrupts. None is served during a step, unless "monitor step irq on" allows
 * it; but now and then one step of many lets them in, as the program may wait for one.
 */
#ifndef TRAPLINE_STEP_H
#define TRAPLINE_STEP_H

#include "state.h"

struct gdb;

/* What becomes of the machine. */
enum step_verdict {
    STEP_LEAVE,       /* leave through cpu->frame */
    STEP_ON,          /* step_next() is to be called, on the debugger's own stack */
    STEP_DONE,        /* the client wants to know */
    STEP_INTERRUPTED, /* a client breaks in */
    STEP_HIT,         /* a breakpoint is to be hit here: hit_breakpoint() */
    STEP_PASS,        /* the step was only over a breakpoint; the program has a trap of its own */
};

/* To go on, it has to step over the breakpoint that it has stopped at. */
bool step_is_over(const struct debugger_cpu *cpu);

/* ... or to one that is close ahead, before any interrupt comes: step_near.c. */
bool step_is_near(const struct debugger_cpu *cpu);

/* The client has been told of the stop here: nothing here is to be hit once more. */
bool step_is_told(const struct debugger_cpu *cpu);

/*
 * Before the debuggee runs: plant the breakpoints, and do to cpu->frame what cpu->action asks for.
 * Not STEP_ON. handed_over: the kernel's handler of an exception comes before the instruction.
 */
enum step_verdict step_begin(struct debugger_cpu *cpu, bool handed_over);

/*
 * An exception was taken from the debuggee. To be called before anything else looks at the frame:
 * it repairs what a step has changed there. stepped: it is the #DB with DR6.BS. True: that is the
 * end of a step of ours; else it is the program's own trap.
 */
bool step_exception(struct debugger_cpu *cpu, struct trap_frame *frame, bool stepped);

/* After that: what to do about the step that has ended. */
enum step_verdict step_ended(struct debugger_cpu *cpu, const struct trap_frame *frame);

/*
 * It has kept all others waiting for long, and lets no interrupt in by itself: it may be waiting
 * for a lock that one of them has.
 */
bool step_wants_others(const struct debugger_cpu *cpu);

/* Step on from cpu->frame. Not STEP_ON. */
enum step_verdict step_next(struct debugger_cpu *cpu);

/* The kernel handles the exception and may come back to the instruction that is being stepped. */
void step_passed_on(struct debugger_cpu *cpu, struct trap_frame *frame);

/* A planted breakpoint was hit because that instruction is tried again: lift it, step_next(). */
bool step_is_again(struct debugger_cpu *cpu, const struct trap_frame *frame);
void step_again(struct debugger_cpu *cpu);

/* The breakpoint that was hit is of no interest: lift it, step_next(), and go on as before. */
void step_over(struct debugger_cpu *cpu, uint64_t address);

/*
 * One instruction of trace_walk.h's from cpu->frame: the frame is to be left for it, or it is done.
 */
enum step_kind step_walk(struct debugger_cpu *cpu);

/* ... behind a handler of the kernel's, which will return through that frame: it waits aside. */
void step_walk_later(struct debugger_cpu *cpu, struct trap_frame *frame);

/* It was a breakpoint, which is hit as if there were no step. */
void step_walk_hits(struct debugger_cpu *cpu);

/* Interrupts are to be let in at the instruction that comes next. */
bool step_lets_in(const struct debugger_cpu *cpu);

/* An int3 that is nobody's breakpoint was executed: was that the instruction to be stepped over? */
bool step_over_done(struct debugger_cpu *cpu, const struct trap_frame *frame);

/* The processor has stopped, with cpu->frame: it steps no more. */
void step_abandon(struct debugger_cpu *cpu);

/* Is this the frame of an exception of the instruction itself, or before it? */
bool step_is_at(const struct step *step, const struct debugger_cpu *cpu,
                const struct trap_frame *frame);

/* monitor step: interrupts are served before each instruction that is stepped. */
extern bool step_irq_allowed;
void step_command(struct gdb *g, char *args);

/* The processor and the debuggee's memory: step_machine.c. */
extern const struct step_machine step_machine;

/* Step by instruction, not by branch (Intel SDM vol. 3, 17.4.1: DEBUGCTL.BTF). */
void step_machine_prepare(void);

/* The words that the processor pushes when it interrupts the debuggee lie below this. */
uint64_t step_machine_stack(uint64_t rsp, bool user);

#endif
