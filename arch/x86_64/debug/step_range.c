/* step_range.c: steps within a range, or a trace, that cost the client nothing. */
#include "step_range.h"

#include "breakpoint.h"
#include "debugreg.h"
#include "line.h"
#include "processor.h"
#include "step_short.h"
#include "trace_walk.h"
#include "wt.h"

/* Steps between two looks at the line, which cost as much as a step. */
#define LOOK_EACH 16

bool step_range_passes(const struct step *step, uint64_t rip)
{
    return step->traced && wt_passes(rip);
}

/*
 * A breakpoint in the range is hit as by who runs: its condition, rules and commands are asked, and
 * the range may go on. One in a debug register has been asked by the trap, if there was one: then
 * RF lets the instruction go on.
 */
enum step_verdict step_range_ended(const struct step *step, const struct trap_frame *frame)
{
    uint64_t rip = frame->rip;

    if (rip < step->start || step->end <= rip)
        return STEP_DONE;
    if (breakpoint_here(rip) && !step_range_passes(step, rip))
        return STEP_HIT;
    if (debugreg_executes(rip) && !(frame->rflags & RFLAGS_RF))
        return STEP_HIT;
    return step->masked % LOOK_EACH == 0 && (line_called || line_wants_in()) ? STEP_INTERRUPTED
                                                                             : STEP_ON;
}

bool step_wants_others(const struct debugger_cpu *cpu)
{
    const struct step *step = &cpu->step;

    return step->masked - step->alone >= MASKED_MAX && !step->lifted &&
           !(cpu->frame.rflags & RFLAGS_IF);
}

/* A single step is the processor's, whatever it is: the client wants to see what it does. */
bool step_range_short(struct debugger_cpu *cpu)
{
    struct step *step = &cpu->step;

    if (step->mode != STEP_RANGE || step_lets_in(cpu) || step_wants_others(cpu) ||
        trace_walk_pending(cpu) || !step_short(cpu, (struct own_stack){0, 0})) {
        step->code = 0; /* what the page tables say may be changed by what comes now */
        return false;
    }
    cpu->system[SYSTEM_DR6] = DR6_CLEAR | DR6_BS; /* as the trap would have left it */
    cpu->frame.rflags &= ~(uint64_t)RFLAGS_RF;
    step->plan.program_trap = false;
    step->masked++;
    return true;
}
