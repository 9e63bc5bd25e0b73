/*
 * step.c: single steps, steps over a breakpoint, and steps within a range that cost the client
 * nothing (Intel SDM vol. 3, 17.3.1.4 "Single-Step Exception Condition").
 */
#include "step.h"

#include "breakpoint.h"
#include "gdbstub.h"
#include "insn.h"
#include "processor.h"
#include "protect.h"
#include "space.h"
#include "step_aside.h"
#include "step_near.h"
#include "step_range.h"
#include "step_stack.h"
#include "step_watch.h"
#include "trace_walk.h"
#include "wt.h"

/* ---- one instruction ---- */

/*
 * Nobody else may run while a breakpoint is lifted: it would be missed. Else interrupts are let in
 * when they have been kept out for long, at an instruction that they are on at.
 */
enum step_interrupts step_interrupts(const struct step *step, const struct trap_frame *frame)
{
    bool wanted = step_irq_allowed || step->masked >= MASKED_MAX;

    if (!wanted || step->lifted || step->unwatched || !(frame->rflags & RFLAGS_IF) ||
        step_aside_full())
        return STEP_INTERRUPTS_OFF;
    return STEP_INTERRUPTS_ON;
}

enum step_kind step_begin_one(struct step *step, struct trap_frame *frame)
{
    step_watch_begin(step, frame);

    enum step_interrupts allowed = step_interrupts(step, frame);

    step->rsp = frame->rsp;
    step->user = frame->cs & 3;
    step->space = space_here(0);
    step->phase = STEP_IDLE;
    if (step_plan_begin(&step->plan, frame, &step_machine, allowed) == STEP_EMULATED)
        return STEP_EMULATED;
    if (step->plan.open) {
        step->phase = STEP_OPEN;
        step->masked = 0;
    } else {
        step->phase = STEP_ARMED;
        step->masked++;
        step_stack_borrow(step, frame);
    }
    return STEP_HARDWARE;
}

bool step_is_at(const struct step *step, const struct debugger_cpu *cpu,
                const struct trap_frame *frame)
{
    return frame->rsp == step->rsp && frame->rip - step->plan.rip <= INSN_LENGTH_MAX &&
           (!step->user || step->space == space_on(cpu, 0));
}

bool step_exception(struct debugger_cpu *cpu, struct trap_frame *frame, bool stepped)
{
    struct step *step = &cpu->step;

    if (step->phase != STEP_ARMED &&
        !(stepped ? step_aside_ended(cpu, frame) : step_aside_is_at(cpu, frame)))
        return false;
    step_stack_return(step);
    step_plan_end(&step->plan, frame, &step_machine, stepped);
    step->phase = stepped ? STEP_IDLE : STEP_BROKEN;
    return stepped;
}

/* ---- what the client has asked for ---- */

/* The instruction under the lifted breakpoint is done: put it back before anybody else comes. */
static void plant_lifted(struct step *step)
{
    struct software_breakpoint *b =
        step->lifted ? breakpoint_at(step->lifted_space, step->lifted_at) : NULL;

    if (b)
        breakpoint_plant(b);
    step->lifted = false;
}

/*
 * A step that enters the debugger (debugger_break, debugger_interrupt) ends where it is left. In
 * there nobody may look at the line: that may be what is being stepped.
 *
 * The program's own trap ends a range as well, for who resumes to deliver it: the client asks for
 * the rest of its range again.
 */
enum step_verdict step_ended(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    struct step *step = &cpu->step;

    step->phase = STEP_IDLE;
    plant_lifted(step);
    if (step->mode == STEP_NEAR)
        return step_near_ended(step, frame);
    if (step->mode == STEP_OVER || step->mode == STEP_WALK) {
        step->mode = STEP_NONE;
        return step->plan.program_trap ? STEP_PASS : STEP_LEAVE;
    }
    if (protect_is_own_code(frame->rip))
        return STEP_ON;
    if (step->traced) {
        enum step_verdict verdict = wt_stepped(cpu, frame);

        if (verdict != STEP_ON)
            return verdict;
    }
    if (step->mode != STEP_RANGE || step->plan.program_trap)
        return STEP_DONE;
    return step_range_ended(step, frame);
}

static void lift(struct debugger_cpu *cpu, uint64_t address)
{
    cpu->step.lifted_at = address;
    cpu->step.lifted_space = space_here(address);
    step_again(cpu);
}

enum step_verdict step_next(struct debugger_cpu *cpu)
{
    enum step_verdict verdict = STEP_ON;

    while (verdict == STEP_ON) {
        if (step_range_passes(&cpu->step, cpu->frame.rip))
            lift(cpu, cpu->frame.rip);
        if (!step_range_short(cpu) && step_begin_one(&cpu->step, &cpu->frame) == STEP_HARDWARE)
            return STEP_LEAVE;
        trace_walk_stepped(cpu, &cpu->frame);
        verdict = step_ended(cpu, &cpu->frame);
    }
    return verdict;
}

/*
 * A breakpoint where the machine has stopped was reported already, and is stepped over; one where
 * the client has moved it to (jump, or a call of a function with a breakpoint on it) is to be hit.
 */
bool step_is_told(const struct debugger_cpu *cpu)
{
    return cpu->reported && cpu->frame.rip == cpu->stopped_rip &&
           cpu->frame.rsp == cpu->stopped_rsp;
}

/* What is only a tracepoint is told to nobody, so it is to be hit. */
bool step_is_over(const struct debugger_cpu *cpu)
{
    const struct software_breakpoint *b;

    if (!step_is_told(cpu))
        return false;
    b = breakpoint_at(space_on(cpu, cpu->frame.rip), cpu->frame.rip);
    return b && b->types & ~(1 << GDB_TRACEPOINT);
}

static enum step_mode wanted_mode(struct debugger_cpu *cpu)
{
    switch (cpu->action.kind) {
    case GDB_STEP:
        return STEP_ONE;
    case GDB_RANGE:
        return STEP_RANGE;
    default:
        return cpu->step.lifted ? STEP_OVER : step_near_begin(cpu);
    }
}

void step_begin_behind_handler(struct debugger_cpu *cpu)
{
    struct trap_frame scratch = cpu->frame;

    step_begin_one(&cpu->step, &scratch);
    step_stack_return(&cpu->step);
    cpu->step.phase = STEP_BROKEN;
    step_passed_on(cpu, &cpu->frame);
}

enum step_verdict step_begin(struct debugger_cpu *cpu, bool handed_over)
{
    struct step *step = &cpu->step;

    step->lifted_at = cpu->frame.rip;
    step->lifted_space = space_here(step->lifted_at);
    step->lifted = step_is_over(cpu);
    breakpoint_plant_all(step->lifted ? breakpoint_here(step->lifted_at) : NULL);
    step->start = cpu->action.start;
    step->end = cpu->action.end;
    step->mode = wanted_mode(cpu);
    step->traced = cpu->traced;
    if (step->mode == STEP_NONE || step->mode == STEP_OVER)
        step->masked = 0;
    if (step->mode == STEP_NONE)
        return STEP_LEAVE;

    step_machine_prepare();
    if (step->traced)
        wt_begun(cpu);
    if (!handed_over)
        return step_next(cpu);
    step_begin_behind_handler(cpu);
    return STEP_LEAVE;
}

/* ---- exceptions in between ---- */

void step_passed_on(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    struct step *step = &cpu->step;

    if (step->phase != STEP_BROKEN)
        return;
    if (step->mode == STEP_NEAR) {
        step_abandon(cpu);
        return;
    }
    if (step->lifted) {
        plant_lifted(step);
        step->phase = STEP_AGAIN;
    } else {
        step_plan_retry(&step->plan, frame);
        step->phase = STEP_OPEN;
    }
    step_put_aside(cpu);
}

bool step_is_again(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    return step_aside_is_again(cpu, frame);
}

void step_again(struct debugger_cpu *cpu)
{
    struct software_breakpoint *b = breakpoint_here(cpu->step.lifted_at);

    if (b)
        breakpoint_lift(b);
    cpu->step.lifted = true;
}

void step_over(struct debugger_cpu *cpu, uint64_t address)
{
    struct step *step = &cpu->step;

    if (step->mode == STEP_NONE)
        step->mode = STEP_OVER;
    lift(cpu, address);
    step_machine_prepare();
}

bool step_lets_in(const struct debugger_cpu *cpu)
{
    return step_interrupts(&cpu->step, &cpu->frame) == STEP_INTERRUPTS_ON;
}

bool step_over_done(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    if (cpu->step.mode != STEP_OVER || frame->rip - 1 != cpu->step.lifted_at)
        return false;
    step_ended(cpu, frame);
    return true;
}

void step_abandon(struct debugger_cpu *cpu)
{
    struct step *step = &cpu->step;

    step_stack_return(step);
    if (step->phase == STEP_ARMED && step_is_at(step, cpu, &cpu->frame))
        step_plan_end(&step->plan, &cpu->frame, &step_machine, false);
    step->phase = STEP_IDLE;
    step->mode = STEP_NONE;
    step->lifted = false;
}
