/*
 * seat_leave.c: from the debugger back to the debuggee, on as many processors as are to run, or to
 * wait for another one. All of it is on each processor's own stack: the one on which a client is
 * served is somebody else's by then.
 */
#include "seat.h"

#include "breakpoint.h"
#include "debugreg.h"
#include "displaced.h"
#include "doors.h"
#include "hits.h"
#include "line.h"
#include "processor.h"
#include "protect.h"
#include "registers.h"
#include "space.h"
#include "stack.h"
#include "step_aside.h"
#include "trace_walk.h"
#include "vectors.h"

static void *own_stack(struct debugger_cpu *cpu)
{
    return cpu->stack + sizeof(cpu->stack);
}

/* ---- one processor ---- */

_Noreturn void seat_stop_at_step(struct debugger_cpu *cpu, const struct trap_frame *frame,
                                 enum step_verdict verdict)
{
    if (verdict == STEP_DONE)
        hit_at_end(cpu, frame);
    hand_over_owe(cpu, frame);
    debugger_stop(cpu, frame, verdict == STEP_INTERRUPTED ? GDB_SIGINT : GDB_SIGTRAP);
}

/* Another one wants all to stop. */
static _Noreturn void stay(struct debugger_cpu *cpu)
{
    debugreg_disarm(cpu);
    stack_switch(seat_wait, cpu, own_stack(cpu));
}

/*
 * The last look at the line, and whether another one wants all to stop. Once there is neither, an
 * NMI starts this over until the iretq is done: nothing happens in between that would have to be
 * undone.
 */
_Noreturn void seat_leave(struct debugger_cpu *cpu)
{
    cpu->stopped = true;
    do {
        cpu->leaving = false;
        if (cpu->held)
            stay(cpu);
        if (door_calls_back())
            debugger_stop(cpu, &cpu->frame, GDB_SIGINT);
        cpu->leaving = true;
    } while (cpu->held || door_has_bytes());
    debugreg_arm(cpu, &cpu->exit);
    stack_leave(&cpu->exit, &cpu->stopped);
}

/* The kernel's handler comes first, which an NMI may interrupt as any other code of the kernel. */
static _Noreturn void leave_to_handler(struct debugger_cpu *cpu)
{
    debugreg_arm(cpu, &cpu->exit);
    if (cpu->hand_over.owed)
        write_dr6(DR6_CLEAR | DR6_BS);
    stack_leave(&cpu->exit, &cpu->stopped);
}

/*
 * Summons are sent until they are answered, and one may be latched by then. No more are on the way:
 * who sends them waits for this one to be parked. What comes from now on is somebody else's NMI.
 */
static void take_late_summons(struct debugger_cpu *cpu)
{
    stack_admit_nmi();
    cpu->summoned = false;
}

/* Nobody is to be told of the step. */
static _Noreturn void pass_program_trap(struct debugger_cpu *cpu)
{
    hand_over(cpu);
    seat_let_go(cpu);
    leave_to_handler(cpu);
}

/* What was to be done here is done, or begins now. True: the kernel is handed an exception. */
static bool make_exit(struct debugger_cpu *cpu, bool handed_over)
{
    take_late_summons(cpu);
    cpu->reported = false;
    cpu->queued = false;
    cpu->action.signal = 0;
    if (cpu->step.lifted || cpu->frame.rip != cpu->collected_rip)
        cpu->collected_rip = 0;
    cpu->exit = cpu->frame;
    if (handed_over)
        hand_over(cpu);
    registers_restore(cpu);
    space_settle(cpu);
    return handed_over;
}

/* Run, as all others do. */
static _Noreturn void run(struct debugger_cpu *cpu)
{
    bool handed_over = hand_over_wanted(cpu);

    debugreg_pass(cpu);
    cpu->step.masked = 0;
    if (handed_over && trace_walk_pending(cpu))
        step_walk_later(cpu, &cpu->frame);
    if (make_exit(cpu, handed_over))
        leave_to_handler(cpu);
    if (trace_walk_pending(cpu)) {
        if (door_calls_back())
            debugger_stop(cpu, &cpu->frame, GDB_SIGINT);
        trace_walk_on(cpu, NULL);
    }
    seat_leave(cpu);
}

/*
 * What is to be stepped may be done already, by ourselves: then the machine stops again, or the
 * next one has its turn. A step in which handlers of the kernel's may run needs the others, too.
 */
static _Noreturn void leave_or_stop(struct debugger_cpu *cpu, enum step_verdict verdict)
{
    if (verdict == STEP_HIT)
        hit_at_step(cpu);
    if (verdict == STEP_PASS && hand_over_owe(cpu, &cpu->frame))
        pass_program_trap(cpu);
    if (verdict != STEP_LEAVE)
        seat_stop_at_step(cpu, &cpu->frame, verdict);
    if (cpu->step.mode == STEP_NONE)
        seat_proceed(cpu);
    if (cpu->step.phase == STEP_OPEN) {
        step_put_aside(cpu);
        seat_let_go(cpu);
    }
    seat_leave(cpu);
}

/* Step, with the seat kept. */
static _Noreturn void step(struct debugger_cpu *cpu)
{
    bool handed_over = hand_over_wanted(cpu);

    debugreg_pass(cpu);
    cpu->step.code = 0;

    enum step_verdict verdict = step_begin(cpu, handed_over);

    if (!make_exit(cpu, handed_over))
        leave_or_stop(cpu, verdict);
    seat_let_go(cpu);
    leave_to_handler(cpu);
}

/* ---- silent steps ---- */

/* TSC cycles; time enough to leave the debugger, and a lock. */
#define BREATH_CYCLES (1ull << 18)

/* All others run for a moment. If one of them stops the machine in it, this one waits for that. */
static void let_others_run(struct debugger_cpu *cpu)
{
    uint64_t start;

    cpu->step.alone = cpu->step.masked;
    if (!seat_others_wait(cpu))
        return;
    seat_let_go(cpu);
    seat_see_off(cpu);
    start = read_tsc();
    while (!cpu->held && read_tsc() - start < BREATH_CYCLES)
        __asm__ volatile("pause");
    seat_claim(cpu, &cpu->frame);
}

static _Noreturn void step_on(struct debugger_cpu *cpu)
{
    enum step_verdict verdict;

    if (recovery_mark(&cpu->recovery))
        debugger_stop(cpu, &cpu->frame, GDB_SIGSEGV);
    if (step_wants_others(cpu))
        let_others_run(cpu);
    verdict = step_next(cpu);
    cpu->exit = cpu->frame;
    leave_or_stop(cpu, verdict);
}

/*
 * What is emulated may write to the program's stack. Handlers of the kernel's may run in the step,
 * and a round-up's NMI is to be answered in there.
 */
_Noreturn void seat_step_silently(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    cpu->leaving = false;
    cpu->stopped = true;
    cpu->inside = false;
    cpu->frame = *frame;
    stack_switch(step_on, cpu, own_stack(cpu));
}

void seat_claim(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    if (seat_is_mine(cpu))
        return;
    if (!seat_take(cpu))
        seat_join(cpu, frame);
    seat_round_up(cpu);
    line_free();
}

void seat_claim_past(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    if (!seat_is_mine(cpu) && !seat_take(cpu)) {
        seat_enter(cpu, frame);
        cpu->reported = true;
        stack_switch(seat_wait, cpu, own_stack(cpu));
    }
    seat_claim(cpu, frame);
}

/* Nobody has been stopped for it, and nobody has to be told. NMIs until now were put off. */
_Noreturn void seat_leave_unseen(struct debugger_cpu *cpu)
{
    cpu->leaving = false;
    cpu->stopped = true;
    cpu->inside = false;
    if (cpu->held)
        seat_join(cpu, &cpu->frame);
    cpu->exit = cpu->frame;
    debugreg_arm(cpu, &cpu->exit);
    stack_leave(&cpu->exit, &cpu->stopped);
}

/* ---- all of them ---- */

static _Noreturn void proceed(struct debugger_cpu *cpu)
{
    struct debugger_cpu *next = seat_next();

    if (recovery_mark(&cpu->recovery))
        debugger_stop(cpu, &cpu->frame, GDB_SIGSEGV);
    if (next && next != cpu) {
        cpu->held = true;
        seat_give(next);
        seat_wait(cpu);
    }
    if (next && seat_has_news(cpu))
        seat_serve(cpu);
    if (next)
        step(cpu);
    breakpoint_plant_all(NULL);
    cpu->held = cpu->action.kind == GDB_HOLD;
    seat_let_go(cpu);
    if (cpu->held)
        seat_wait(cpu);
    seat_see_off(cpu);
    run(cpu);
}

_Noreturn void seat_proceed(struct debugger_cpu *cpu)
{
    stack_switch(proceed, cpu, own_stack(cpu));
}

/*
 * The kernel's handler may need a lock that one of the others has. After a step over a breakpoint
 * it may be the turn of another one to do the same.
 */
void seat_done(struct debugger_cpu *cpu, const struct trap_frame *frame,
               enum debugger_verdict verdict)
{
    if (!seat_is_mine(cpu))
        return;
    if (verdict == DEBUGGER_HANDLED && cpu->step.phase == STEP_IDLE && seat_next()) {
        seat_enter(cpu, frame);
        seat_proceed(cpu);
    }
    seat_let_go(cpu);
}

/* ---- waiting ---- */

static void answer_call(struct debugger_cpu *cpu)
{
    debugger_call *f = __atomic_exchange_n(&cpu->call, NULL, __ATOMIC_SEQ_CST);

    if (!f)
        return;
    f(cpu, cpu->call_context);
    cpu->call_done = true;
}

/* It says that it runs before it looks a last time: see seat_round_up(). */
static bool is_let_go(struct debugger_cpu *cpu)
{
    __atomic_store_n(&cpu->parked, false, __ATOMIC_SEQ_CST);
    if (!cpu->held && seat_is_free())
        return true;
    __atomic_store_n(&cpu->parked, true, __ATOMIC_SEQ_CST);
    return false;
}

bool seat_is_due(const struct debugger_cpu *cpu)
{
    return cpu->held && seat_steps(cpu) && seat_is_free();
}

static void step_alone(struct debugger_cpu *cpu)
{
    seat_round_up(cpu);
    line_free();
    seat_proceed(cpu);
}

_Noreturn void seat_wait(struct debugger_cpu *cpu)
{
    step_abandon(cpu);
    if (recovery_mark(&cpu->recovery)) /* a call has faulted: the caller sees what was not done */
        cpu->call_done = true;
    for (;;) {
        cpu->parked = true;
        answer_call(cpu);
        if (seat_is_mine(cpu))
            seat_have(cpu, seat_proceed);
        seat_let_client_in(cpu);
        if (seat_is_due(cpu) && seat_take(cpu))
            seat_have(cpu, step_alone);
        if (!cpu->held && is_let_go(cpu)) {
            if (!seat_has_news(cpu))
                run(cpu);
            if (seat_take(cpu))
                seat_have(cpu, seat_serve);
        }
        seat_doze(cpu);
    }
}

_Noreturn void seat_join(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    seat_enter(cpu, frame);
    stack_switch(seat_wait, cpu, own_stack(cpu));
}

bool seat_summons(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    if (!cpu->held)
        return cpu->freezes;
    if (cpu->inside || displaced_under_way(cpu) || cpu->step.phase == STEP_ARMED ||
        (!protect_writable(frame->rip, 1) && !cpu->spins))
        return true;
    seat_join(cpu, frame);
}

/*
 * What raises its exception again when it is tried again needs no memory of it: if a breakpoint is
 * gone by then, nothing happens. A client that has broken in is content with the other stop, if
 * there is one: who has the seat may only have a step to do, or breakpoints to change.
 */
_Noreturn void seat_queue(struct debugger_cpu *cpu)
{
    struct trap_frame *frame = &cpu->frame;
    bool planted = cpu->stop.reason == GDB_STOP_SWBREAK || cpu->stop.reason == GDB_STOP_HWBREAK;

    if (cpu->stop.signal == GDB_SIGINT) {
        cpu->requested = (struct gdb_stop){0};
        cpu->queued = true;
        stack_switch(seat_wait, cpu, own_stack(cpu));
    }
    cpu->tell = NULL;
    cpu->speaks_for = NULL;
    if (frame->vector == VECTOR_BREAKPOINT) {
        frame->rip -= !planted; /* else it is back at the int3 already */
        cpu->stopped_rip = frame->rip;
    } else {
        cpu->queued = !vector_is_fault(frame->vector);
    }
    stack_switch(seat_wait, cpu, own_stack(cpu));
}

_Noreturn void seat_left_badly(struct debugger_cpu *cpu)
{
    debugger_stop(cpu, &cpu->frame, GDB_SIGSEGV);
}

uint64_t seat_own_stack(const struct debugger_cpu *cpu)
{
    return (uint64_t)(cpu->stack + sizeof(cpu->stack)) - 8; /* as behind a call */
}
