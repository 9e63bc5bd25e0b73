/* step_range.c: steps within a range, or a trace, that cost the client nothing. */
#include "step_range.h"

#include "breakpoint.h"
#include "debugreg.h"
#include "processor.h"
#include "step_short.h"
#include "trace_walk.h"
#include "wt.h"

bool step_range_passes(const struct step *step, uint64_t rip)
{
    return step->traced && wt_passes(rip);
}

bool step_range_goes_on(const struct step *step, uint64_t rip)
{
    return step->start <= rip && rip < step->end &&
           (!breakpoint_here(rip) || step_range_passes(step, rip)) && !debugreg_executes(rip);
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
    cpu->system[SYSTEM_DR6] |= DR6_BS; /* as the trap would have left it */
    step->plan.program_trap = false;
    step->masked++;
    return true;
}
