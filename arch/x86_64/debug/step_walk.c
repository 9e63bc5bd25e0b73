/* step_walk.c: the steps of a tracepoint's "while-stepping": see trace_walk.h. */
#include "step_range.h"

enum step_kind step_walk(struct debugger_cpu *cpu)
{
    struct step *step = &cpu->step;

    step->traced = false;
    step->mode = STEP_WALK;

    enum step_kind kind = step_begin_one(step, &cpu->frame);

    if (kind == STEP_EMULATED)
        step->mode = STEP_NONE;
    return kind;
}

void step_walk_later(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    cpu->step.traced = false;
    cpu->step.mode = STEP_WALK;
    if (frame != &cpu->frame)
        cpu->frame = *frame;
    step_begin_behind_handler(cpu);
    frame->rflags = cpu->frame.rflags;
}

void step_walk_hits(struct debugger_cpu *cpu)
{
    struct step *step = &cpu->step;

    if (step->mode != STEP_WALK || step->phase != STEP_BROKEN)
        return;
    step->phase = STEP_IDLE;
    step->mode = STEP_NONE;
}
