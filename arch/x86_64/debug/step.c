/*
 * step.c: single steps, steps over a breakpoint, and steps within a range that cost the client
 * nothing (Intel SDM vol. 3, 17.3.1.4 "Single-Step Exception Condition").
 */
#include "step.h"

#include "breakpoint.h"
#include "line.h"
#include "processor.h"

/*
 * The one place that makes the next instruction trap, and the one that undoes it. What has to be
 * different about the debuggee during that instruction belongs here.
 */
static void arm(struct trap_frame *frame)
{
    frame->rflags |= RFLAGS_TF;
}

static void disarm(struct trap_frame *frame)
{
    frame->rflags &= ~(uint64_t)RFLAGS_TF;
}

/*
 * A breakpoint where the machine has stopped was reported already, and is stepped over; one where
 * the client has moved it to (jump, or a call of a function with a breakpoint on it) is to be hit.
 */
static bool moved(const struct debugger_cpu *cpu)
{
    return cpu->frame.rip != cpu->stopped_rip || cpu->frame.rsp != cpu->stopped_rsp;
}

void step_prepare(struct debugger_cpu *cpu)
{
    struct step *step = &cpu->step;
    const struct gdb_action *action = &cpu->action;

    step->lifted_at = cpu->frame.rip;
    step->lifted = breakpoint_plant_all(!moved(cpu), step->lifted_at);
    step->start = action->start;
    step->end = action->end;
    switch (action->kind) {
    case GDB_STEP:
        step->mode = STEP_ONE;
        break;
    case GDB_RANGE:
        step->mode = STEP_RANGE;
        break;
    default:
        step->mode = step->lifted ? STEP_OVER : STEP_NONE;
    }
    if (step->mode != STEP_NONE)
        arm(&cpu->frame);
}

/* The instruction under the lifted breakpoint is done: put it back before anybody else comes. */
static void plant_lifted(struct step *step)
{
    if (step->lifted)
        breakpoint_plant(step->lifted_at);
    step->lifted = false;
}

static bool still_in_range(const struct step *step, uint64_t rip)
{
    return step->start <= rip && rip < step->end && !breakpoint_at(rip);
}

enum step_verdict step_trapped(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    struct step *step = &cpu->step;

    disarm(frame);
    switch (step->mode) {
    case STEP_ONE:
        return STEP_DONE;
    case STEP_RANGE:
        if (!still_in_range(step, frame->rip))
            return STEP_DONE;
        if (line_wants_in())
            return STEP_INTERRUPTED;
        plant_lifted(step);
        arm(frame);
        return STEP_SILENT;
    case STEP_OVER:
        plant_lifted(step);
        step->mode = STEP_NONE;
        return STEP_SILENT;
    case STEP_NONE: /* TF was in a frame that a stop in an interrupt handler left behind */
        return STEP_SILENT;
    }
    return STEP_DONE;
}

bool step_over_done(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    if (cpu->step.mode != STEP_OVER || frame->rip - 1 != cpu->step.lifted_at)
        return false;
    step_trapped(cpu, frame);
    return true;
}

void step_abandon(struct debugger_cpu *cpu)
{
    disarm(&cpu->frame);
    cpu->step.mode = STEP_NONE;
    cpu->step.lifted = false;
}
