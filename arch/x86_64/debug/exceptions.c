/*
 * exceptions.c: who takes an exception: the debugger itself, its client, or the kernel.
 */
#include "debugger.h"

#include "breakpoint.h"
#include "debugreg.h"
#include "displaced.h"
#include "doors.h"
#include "events.h"
#include "guard.h"
#include "hits.h"
#include "line.h"
#include "processor.h"
#include "safe_copy.h"
#include "seat.h"
#include "space.h"
#include "stack.h"
#include "step_aside.h"
#include "step_watch.h"
#include "trace_walk.h"
#include "vectors.h"
#include "watchdog.h"

static bool leaving(const struct trap_frame *frame)
{
    return frame->rip >= (uint64_t)stack_leave && frame->rip < (uint64_t)stack_leave_end;
}

/* Let the exception return to the beginning of a function, on the processor's own stack. */
static void start_over(struct debugger_cpu *cpu, struct trap_frame *frame,
                       void (*f)(struct debugger_cpu *cpu))
{
    frame->rip = (uint64_t)f;
    frame->rdi = (uint64_t)cpu;
    frame->rsp = seat_own_stack(cpu);
}

/*
 * The line got something when it had been read for the last time. A swapgs that is done already
 * must not be done twice: then the byte waits for the next interrupt.
 */
static void call_back(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    if (!cpu->leaving || (cpu->exit.entry_flags & FRAME_SWAPGS))
        return;
    start_over(cpu, frame, seat_leave);
}

/* Back to where the processor can go on with something else. */
static void recover(const struct debugger_cpu *cpu, struct trap_frame *frame)
{
    const struct recovery_point *point = &cpu->recovery;

    frame->rbx = point->rbx;
    frame->rbp = point->rbp;
    frame->r12 = point->r12;
    frame->r13 = point->r13;
    frame->r14 = point->r14;
    frame->r15 = point->r15;
    frame->rsp = point->rsp;
    frame->rip = point->rip;
    frame->rax = true; /* what recovery_mark() returns this time */
    frame->rflags = RFLAGS_FIXED;
}

/*
 * An exception in the debugger's own code. Its request is given up and the session goes on: the
 * frame is sent back to where the requests are read. A stray debug trap means nothing here, and an
 * NMI no more than that the line may have something.
 */
static enum debugger_verdict own_exception(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    if (frame->vector == VECTOR_NMI || frame->vector == VECTOR_DEBUG) {
        if (frame->vector == VECTOR_NMI) {
            call_back(cpu, frame);
        } else { /* a step that ends in a stop has led in here */
            frame->rflags &= ~(uint64_t)RFLAGS_TF;
            write_dr6(DR6_CLEAR);
        }
        return DEBUGGER_HANDLED;
    }
    cpu->recovered++;
    if (leaving(frame)) {
        frame->entry_flags &= ~(uint32_t)FRAME_SWAPGS; /* GS is the kernel's again, and stays */
        frame->rflags = RFLAGS_FIXED;
        start_over(cpu, frame, seat_left_badly);
        return DEBUGGER_HANDLED;
    }
    recover(cpu, frame);
    return DEBUGGER_HANDLED;
}

/*
 * This processor was on its way here when another one stopped the machine, and the client has taken
 * the breakpoint away: what is there now is still to be executed. (cd 03 is "int 3" as well.)
 */
static bool is_stale(const struct trap_frame *frame)
{
    uint8_t code[2];

    return safe_read(code, frame->rip - 2, 2) == 2 && code[1] != 0xcc &&
           !(code[0] == 0xcd && code[1] == 0x03);
}

/*
 * An int3 that the client did not plant is a breakpoint in the source: rip stays behind it, so that
 * continuing goes on (clients.md says which client needs that).
 */
static enum debugger_verdict breakpoint_trap(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    struct software_breakpoint *b = breakpoint_here(frame->rip - 1);

    if (step_is_again(cpu, frame)) {
        frame->rip--;
        seat_claim(cpu, frame);
        step_again(cpu);
        seat_step_silently(cpu, frame);
    }
    if (b && b->planted) {
        step_walk_hits(cpu);
        hit_breakpoint(cpu, frame, b);
        return DEBUGGER_HANDLED;
    }
    if (step_over_done(cpu, frame))
        return DEBUGGER_HANDLED;
    if (is_stale(frame)) {
        frame->rip--;
        return DEBUGGER_HANDLED;
    }
    if (cpu->requested.signal)
        seat_stop(cpu, frame, &cpu->requested);
    if (frame->cs & 3)
        return DEBUGGER_PASS;
    debugger_stop(cpu, frame, GDB_SIGTRAP);
}

static _Noreturn void stop_at_fault(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    cpu->tell = fault_tell;
    cpu->crashed = true;
    hand_over_offer(cpu, frame);
    debugger_stop(cpu, frame, vector_signal(frame->vector));
}

/*
 * A breakpoint on a page that must not execute (gdb's return address of a called function lies on
 * the stack) is hit by the fetch that faults; so is one in a program, on a page that comes with it.
 */
static bool is_hit_by_fetch(const struct software_breakpoint *b, const struct trap_frame *frame)
{
    return b && frame->vector == VECTOR_PAGE_FAULT && read_cr2() == frame->rip &&
           (breakpoint_mapped(b) || space_is_programs(b->space));
}

static enum debugger_verdict fault(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    enum event_policy policy = event_policy(frame, frame->vector);
    struct software_breakpoint *b = breakpoint_here(frame->rip);

    if (is_hit_by_fetch(b, frame))
        hit_breakpoint(cpu, frame, b);
    if ((frame->cs & 3) && policy == EVENT_IGNORE)
        return DEBUGGER_PASS;
    fault_taken(cpu, frame);
    switch (policy) {
    case EVENT_FIRST:
        stop_at_fault(cpu, frame);
    case EVENT_NOTIFY:
        fault_tell(cpu);
        break;
    case EVENT_SECOND:
    case EVENT_IGNORE:
        break;
    }
    fault_passed(cpu, frame);
    return DEBUGGER_PASS;
}

/* The program has set TF itself. That is for the kernel, unless the client wants it first. */
static enum debugger_verdict program_trap(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    enum event_policy policy = event_policy(frame, VECTOR_DEBUG);

    return policy == EVENT_SECOND || policy == EVENT_IGNORE ? DEBUGGER_PASS : fault(cpu, frame);
}

static enum debugger_verdict debug_trap(struct debugger_cpu *cpu, struct trap_frame *frame,
                                        bool is_step)
{
    if (debugreg_only(cpu, frame, is_step))
        return DEBUGGER_HANDLED;
    if (!is_step)
        return program_trap(cpu, frame);

    enum step_verdict verdict = step_ended(cpu, frame);

    if (line_called) /* heard here, or by another processor: see wait_for_trap() */
        verdict = STEP_INTERRUPTED;
    switch (verdict) {
    case STEP_ON:
        seat_claim(cpu, frame);
        seat_step_silently(cpu, frame);
    case STEP_DONE:
    case STEP_INTERRUPTED:
        seat_stop_at_step(cpu, frame, verdict);
    case STEP_HIT:
        hit_breakpoint(cpu, frame, breakpoint_here(frame->rip));
        break;
    case STEP_PASS:
        return program_trap(cpu, frame);
    case STEP_LEAVE:
        break;
    }
    return DEBUGGER_HANDLED;
}

void debugger_resolved(const struct trap_frame *frame)
{
    struct debugger_cpu *cpu = debugger_this_cpu();

    debugreg_resolved(cpu, frame);
    fault_resolved(cpu, frame);
}

/* What the client has left to the kernel, by policy or by signal, is not its business again. */
void debugger_unhandled(struct trap_frame *frame)
{
    struct debugger_cpu *cpu = debugger_this_cpu();
    enum event_policy policy = event_policy(frame, frame->vector);

    if (!debugger_active() || (frame->entry_flags & FRAME_PASSED_ON) || policy == EVENT_NOTIFY ||
        policy == EVENT_IGNORE)
        return;
    step_exception(cpu, frame, false);
    fault_taken(cpu, frame);
    cpu->faults.under_way.taken = false;
    stop_at_fault(cpu, frame);
}

/*
 * The NMI may have come on the way into the debug trap that ends a step: to stop there would tear
 * the two apart. That trap lets the client in, on whichever processor it comes; or this is overdue.
 */
static bool wait_for_trap(struct debugger_cpu *cpu)
{
    bool trap_comes = cpu->step.phase == STEP_ARMED || step_aside_waits() || cpu->collecting;

    cpu->client_waits = trap_comes && !cpu->client_waits;
    return cpu->client_waits;
}

/* So far nothing has faulted or left through an iretq: NMIs are blocked, their stack is ours. */
static enum debugger_verdict nmi(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    if (seat_summons(cpu, frame))
        return DEBUGGER_HANDLED; /* it looks on its way out, or is asked again */
    if (displaced_under_way(cpu)) {
        displaced_ended(cpu, frame);
        trace_walk_drop(&cpu->step);
    }

    enum nmi_cause cause = door_nmi();

    if (cause == NMI_NONE || (cause == NMI_CLIENT && wait_for_trap(cpu)))
        return DEBUGGER_HANDLED;
    if (cause == NMI_OTHER && cpu->summoned) { /* it has come after all */
        cpu->summoned = false;
        return DEBUGGER_HANDLED;
    }
    step_exception(cpu, frame, false);
    if (cause == NMI_HANG) {
        cpu->tell = watchdog_tell;
        cpu->speaks_for = watchdog_hung();
    }
    if (cause != NMI_OTHER)
        debugger_stop(cpu, frame, GDB_SIGINT);

    enum debugger_verdict verdict = fault(cpu, frame);

    step_passed_on(cpu, frame);
    return verdict;
}

/* From here on DR6 is clear, until it is given again. */
static bool single_stepped(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    if (debugreg_is_old(cpu, frame))
        cpu->system[SYSTEM_DR6] &= ~(uint64_t)DR6_BS;
    cpu->bs_given = false;
    if (frame->vector != VECTOR_DEBUG || !(cpu->system[SYSTEM_DR6] & DR6_BS))
        return false;
    cpu->system[SYSTEM_DR6] |= step_watch_hits(&cpu->step, frame);
    return true;
}

static enum debugger_verdict exception(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    if (displaced_ended(cpu, frame))
        return DEBUGGER_HANDLED;

    bool stepped = single_stepped(cpu, frame);
    bool is_step = step_exception(cpu, frame, stepped);

    if (is_step)
        trace_walk_stepped(cpu, frame);
    switch (frame->vector) {
    case VECTOR_DEBUG:
        if (!is_step)
            cpu->step.plan.program_trap = stepped;
        debugreg_read(cpu, is_step);
        return debug_trap(cpu, frame, is_step);
    case VECTOR_BREAKPOINT:
        return breakpoint_trap(cpu, frame);
    default:
        return fault(cpu, frame);
    }
}

enum debugger_verdict debugger_exception(struct trap_frame *frame, unsigned vector,
                                         uint64_t error)
{
    struct debugger_cpu *cpu = debugger_this_cpu();

    frame->vector = vector;
    frame->error = error;
    if (vector != VECTOR_NMI && vector != VECTOR_DEBUG && guard_fixup(frame))
        return DEBUGGER_HANDLED;
    if (!debugger_active())
        return DEBUGGER_PASS;
    if (cpu->stopped || leaving(frame))
        return own_exception(cpu, frame);
    if (vector == VECTOR_NMI)
        return nmi(cpu, frame);
    if (vector == VECTOR_DEBUG && debugreg_is_echo(frame))
        return DEBUGGER_HANDLED;

    cpu->inside = true;
    debugreg_disarm(cpu);
    enum debugger_verdict verdict = exception(cpu, frame);

    step_passed_on(cpu, frame);
    seat_done(cpu, frame, verdict);
    if (verdict == DEBUGGER_HANDLED && cpu->held && !displaced_under_way(cpu))
        seat_join(cpu, frame);
    trace_walk_left(cpu, frame, verdict);
    debugreg_arm(cpu, frame);
    if (verdict == DEBUGGER_PASS && vector == VECTOR_DEBUG) {
        write_dr6(cpu->system[SYSTEM_DR6]);
        cpu->bs_given = true;
    }
    cpu->inside = false;
    return verdict;
}
