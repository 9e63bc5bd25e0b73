/* step_aside.c: see step_aside.h. */
#include "step_aside.h"

#include "insn.h"
#include "processor.h"
#include "safe_copy.h"
#include "space.h"
#include "step.h"
#include "thread_list.h"
#include "trace_walk.h"

/* One for each processor, and one for a step over a breakpoint that is hit meanwhile. */
#define PLACES (DEBUGGER_CPUS + 1)

static struct aside {
    struct step step; /* with phase STEP_IDLE: a free place */
    struct gdb_action action;
} places[PLACES];

#define FOR_PLACES(p) for (struct aside *p = places; p != places + PLACES; p++)

/* Two processors may want the same one. */
static bool claim_place(struct aside *p, enum step_phase is, enum step_phase becomes)
{
    return __atomic_compare_exchange_n(&p->step.phase, &is, becomes, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

bool step_aside_full(void)
{
    FOR_PLACES (p) {
        if (p->step.phase == STEP_IDLE)
            return false;
    }
    return true;
}

bool step_aside_waits(void)
{
    FOR_PLACES (p) {
        if (p->step.phase == STEP_OPEN && !p->step.flags_at)
            return true;
    }
    return false;
}

static bool put(struct debugger_cpu *cpu, enum step_phase phase)
{
    FOR_PLACES (p) {
        if (!claim_place(p, STEP_IDLE, STEP_BROKEN))
            continue;
        p->step = cpu->step;
        p->action = cpu->action;
        trace_walk_moved(cpu);
        __atomic_store_n(&p->step.phase, phase, __ATOMIC_SEQ_CST);
        return true;
    }
    return false;
}

/* Without a place it ends here: the breakpoint is hit again, or the client has to break in. */
void step_put_aside(struct debugger_cpu *cpu)
{
    enum step_phase phase = cpu->step.phase;

    if (phase != STEP_OPEN && phase != STEP_AGAIN)
        return;
    cpu->step.words = step_machine_stack(cpu->step.rsp, cpu->step.user);
    cpu->step.phase = STEP_BROKEN;
    if (!put(cpu, phase))
        trace_walk_drop(&cpu->step);
    cpu->step.phase = STEP_IDLE;
    cpu->step.mode = STEP_NONE;
    cpu->action.kind = GDB_CONTINUE;
}

/* ---- threads that sleep ---- */

/* Of the flags that a thread sleeps with: TF, and the mark of an open step. */
#define SLEEP_FLAGS (RFLAGS_TF | RFLAGS_ID)

static bool is_set_up(const struct step *step, uint64_t flags)
{
    return ((flags ^ step->plan.flags) & SLEEP_FLAGS) == SLEEP_FLAGS;
}

static uint64_t set_up(struct step *step, uint64_t flags)
{
    step->plan.flags = flags & (SLEEP_FLAGS | RFLAGS_IF);
    return flags ^ SLEEP_FLAGS;
}

static bool read_flags(gdb_tid thread, struct debugger_thread_registers *saved, uint64_t *flags)
{
    const struct debugger_thread *asleep = threads_asleep(thread);
    const uint64_t *at = &saved->saved_at[DEBUGGER_RFLAGS];

    *saved = (struct debugger_thread_registers){0};
    return asleep && debugger_settings.thread_registers &&
           debugger_settings.thread_registers(asleep, saved) && *at &&
           safe_read(flags, *at, sizeof(*flags)) == sizeof(*flags) && !(*flags & RFLAGS_TF);
}

bool step_aside_can_sleep(gdb_tid thread)
{
    struct debugger_thread_registers saved;
    uint64_t flags;

    return read_flags(thread, &saved, &flags);
}

bool step_aside_sleep(struct debugger_cpu *cpu, gdb_tid thread)
{
    struct debugger_thread_registers saved;
    struct step *step = &cpu->step;
    uint64_t flags;

    if (!read_flags(thread, &saved, &flags) || step_aside_full())
        return false;
    step->flags_at = saved.saved_at[DEBUGGER_RFLAGS];
    step->plan = (struct step_plan){.open = true, .loads_if = true};
    step->rsp = saved.rsp;
    step->user = false;
    flags = set_up(step, flags);
    if (safe_write(step->flags_at, &flags, sizeof(flags)) != sizeof(flags) ||
        !put(cpu, STEP_OPEN))
        return false;
    step->flags_at = 0;
    step->mode = STEP_NONE;
    cpu->action.kind = GDB_CONTINUE;
    return true;
}

typedef bool is_it(const struct step *step, const struct debugger_cpu *cpu,
                   const struct trap_frame *frame);

static bool take(struct debugger_cpu *cpu, const struct trap_frame *frame, is_it *is)
{
    FOR_PLACES (p) {
        struct aside found = *p;

        if (!is(&found.step, cpu, frame) || !claim_place(p, found.step.phase, STEP_IDLE))
            continue;
        cpu->step = found.step;
        cpu->step.flags_at = 0;
        cpu->action = found.action;
        cpu->traced = found.step.traced;
        return true;
    }
    return false;
}

/* ---- whose frame is it? ---- */

/* Ring 3's addresses are others' as well. */
static bool same_space(const struct step *step, const struct debugger_cpu *cpu)
{
    return !step->user || step->space == space_on(cpu, 0);
}

/* The words that the processor has pushed when it was interrupted before the instruction. */
struct words {
    uint64_t rip, cs, rflags, rsp, ss;
};

static bool was_interrupted(const struct step *step, struct words *words)
{
    return safe_read(words, step->words - sizeof(*words), sizeof(*words)) == sizeof(*words) &&
           words->rip == step->plan.rip && words->rsp == step->rsp &&
           (words->rflags & RFLAGS_TF);
}

/*
 * A handler begins with the interrupted flags, but for TF: if it sets that by itself, this is its
 * trap. What the instruction itself has led to is right behind it, or has pushed over the words.
 */
static bool is_handlers(const struct step *step, const struct trap_frame *frame)
{
    struct words words;

    return !step->flags_at && !(frame->cs & 3) && frame->rsp <= step->words - sizeof(words) &&
           frame->rip - step->plan.rip > INSN_LENGTH_MAX && was_interrupted(step, &words);
}

static bool ended(const struct step *step, const struct debugger_cpu *cpu,
                  const struct trap_frame *frame)
{
    return step->phase == STEP_OPEN && step_plan_is_end(&step->plan, frame) &&
           (!(frame->cs & 3) || same_space(step, cpu)) && !is_handlers(step, frame);
}

static bool at_it(const struct step *step, const struct debugger_cpu *cpu,
                  const struct trap_frame *frame)
{
    return step->phase == STEP_OPEN && !step->flags_at && step_is_at(step, cpu, frame);
}

static bool again(const struct step *step, const struct debugger_cpu *cpu,
                  const struct trap_frame *frame)
{
    return step->phase == STEP_AGAIN && frame->rip - 1 == step->lifted_at &&
           frame->rsp == step->rsp && step->lifted_space == space_on(cpu, step->lifted_at);
}

bool step_aside_ended(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    return take(cpu, frame, ended);
}

bool step_aside_is_at(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    return take(cpu, frame, at_it);
}

bool step_aside_is_again(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    return take(cpu, frame, again);
}

/* ---- the end of all of them ---- */

/*
 * A handler that runs before the instruction will return through the processor's words. If it has
 * left its interrupted code for good, it has not kept them.
 */
static void disarm_words(const struct step *step)
{
    struct trap_frame frame = {0};
    struct words words;

    if (!was_interrupted(step, &words))
        return;
    frame.rip = words.rip;
    frame.rflags = words.rflags;
    struct step_plan plan = step->plan;
    step_plan_end(&plan, &frame, &step_machine, false);
    words.rflags = frame.rflags;
    safe_write(step->words - sizeof(words), &words, sizeof(words));
}

/* Or it has its flags by now, and stands before the instruction that would trap. */
static void disarm_sleeper(const struct step *step)
{
    struct debugger_cpu *c;
    uint64_t flags;

    if (safe_read(&flags, step->flags_at, sizeof(flags)) == sizeof(flags) &&
        is_set_up(step, flags)) {
        flags ^= SLEEP_FLAGS;
        safe_write(step->flags_at, &flags, sizeof(flags));
    }
    for (unsigned n = 0; (c = debugger_cpu(n)) != NULL; n++) {
        if (c->stopped && step->rsp - c->frame.rsp <= sizeof(flags) &&
            is_set_up(step, c->frame.rflags))
            c->frame.rflags ^= SLEEP_FLAGS;
    }
}

static void abandon(struct aside *p)
{
    struct debugger_cpu *c;

    if (p->step.flags_at) {
        disarm_sleeper(&p->step);
        return;
    }
    for (unsigned n = 0; (c = debugger_cpu(n)) != NULL; n++) {
        if (c->stopped && at_it(&p->step, c, &c->frame)) {
            step_plan_end(&p->step.plan, &c->frame, &step_machine, false);
            return;
        }
    }
    disarm_words(&p->step);
}

void step_aside_abandon(void)
{
    FOR_PLACES (p) {
        if (p->step.phase == STEP_OPEN)
            abandon(p);
        if (p->step.phase != STEP_IDLE)
            trace_walk_drop(&p->step);
        p->step.phase = STEP_IDLE;
    }
}
