/*
 * step_near.c: on to a breakpoint that is a few instructions ahead, with interrupts off as in any
 * step. Whoever steps into a function sets one behind its prologue, for whatever frame, and lets
 * the machine run (gdb's `step`, lldb's `thread step-in`). As it has stood still, an interrupt is
 * due, and its handler may come through the same function: it would hit that first.
 */
#include "step_near.h"

#include "breakpoint.h"
#include "debugreg.h"
#include "processor.h"
#include "space.h"

#define NEAR 64       /* bytes: a prologue */
#define NEAR_STEPS 32 /* instructions: one that calls or loops is none */

static bool is_of_interest(const struct debugger_cpu *cpu, const struct software_breakpoint *b)
{
    return b->space == space_on(cpu, b->address) && b->types & ~(1 << GDB_TRACEPOINT);
}

/* Bytes from rip to the first breakpoint behind it that a client is told of; 0: none is near. */
static uint64_t distance(const struct debugger_cpu *cpu)
{
    uint64_t rip = cpu->frame.rip;
    const struct software_breakpoint *b;

    if (!step_is_told(cpu) || step_irq_allowed || !(cpu->frame.rflags & RFLAGS_IF))
        return 0;
    for (size_t n = breakpoint_first(rip + 1);
         (b = breakpoint_nth(n)) != NULL && b->address - rip <= NEAR; n++) {
        if (is_of_interest(cpu, b))
            return b->address - rip;
    }
    return 0;
}

bool step_is_near(const struct debugger_cpu *cpu)
{
    return distance(cpu) != 0;
}

enum step_mode step_near_begin(struct debugger_cpu *cpu)
{
    uint64_t way = distance(cpu);

    if (way == 0)
        return STEP_NONE;
    cpu->step.start = cpu->frame.rip;
    cpu->step.end = cpu->frame.rip + way;
    cpu->step.masked = 0;
    return STEP_NEAR;
}

/* Once it is not straight on to there, it was no prologue. */
enum step_verdict step_near_ended(struct step *step, const struct trap_frame *frame)
{
    uint64_t way = frame->rip - step->start;

    if (!step->plan.program_trap && way < step->end - step->start && step->masked < NEAR_STEPS &&
        !debugreg_executes(frame->rip))
        return STEP_ON;
    step->mode = STEP_NONE;
    if (step->plan.program_trap)
        return STEP_PASS;
    return frame->rip == step->end ? STEP_HIT : STEP_LEAVE;
}
