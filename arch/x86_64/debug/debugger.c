/*
 * debugger.c: the seat. Who takes an exception, how the machine stops, and how it is left.
 */
#include "debugger.h"

#include "breakpoint.h"
#include "debugreg.h"
#include "doors.h"
#include "events.h"
#include "guard.h"
#include "line.h"
#include "processor.h"
#include "protect.h"
#include "registers.h"
#include "stack.h"
#include "state.h"
#include "step.h"
#include "target_x86.h"
#include "vectors.h"
#include "watchdog.h"

#define STACK_SIZE 8192
#define INTERRUPT_STACK_SIZE 2560 /* ... of that, at the end which is never reached */

struct debugger_config debugger_settings;

static bool active;
static bool provisional; /* an exception came before the kernel called debugger_init() */
static struct debugger_cpu cpus[DEBUGGER_CPUS];
static _Alignas(16) uint8_t stack[STACK_SIZE]; /* one processor serves the client */

/* GS is the debuggee's, and may be what is being debugged. */
struct debugger_cpu *debugger_this_cpu(void)
{
    return &cpus[0];
}

/* ---- leaving ---- */

static _Noreturn void stop_at_step(struct debugger_cpu *cpu, const struct trap_frame *frame,
                                   enum step_verdict verdict)
{
    if (cpu->step.plan.program_trap && event_policy(VECTOR_DEBUG) != EVENT_FIRST)
        hand_over_owe(cpu, frame);
    debugger_stop(cpu, frame, verdict == STEP_INTERRUPTED ? GDB_SIGINT : GDB_SIGTRAP);
}

/* What is to be stepped may be done already, by ourselves: then the machine stops again. */
static _Noreturn void leave_or_stop(struct debugger_cpu *cpu, enum step_verdict verdict)
{
    if (verdict != STEP_LEAVE)
        stop_at_step(cpu, &cpu->frame, verdict);
    debugreg_arm(cpu, &cpu->exit);
    stack_leave(&cpu->exit, &cpu->stopped);
}

static _Noreturn void leave(struct debugger_cpu *cpu, uint64_t stopped_at)
{
    bool handed_over = hand_over_wanted(cpu);

    debugreg_prepare(cpu);
    enum step_verdict verdict = step_begin(cpu, handed_over);

    if (debugger_settings.on_resume)
        debugger_settings.on_resume(read_tsc() - stopped_at);
    cpu->exit = cpu->frame;
    if (handed_over)
        hand_over(cpu);
    door_look_again(cpu);
    registers_restore(cpu);
    if (handed_over && cpu->hand_over.owed)
        write_dr6(DR6_CLEAR | DR6_BS);
    leave_or_stop(cpu, verdict);
}

static _Noreturn void step_on(struct debugger_cpu *cpu)
{
    enum step_verdict verdict = step_next(cpu);

    cpu->exit = cpu->frame;
    leave_or_stop(cpu, verdict);
}

/*
 * Step without a word to the client, on our own stack: what is emulated may write to the program's.
 * Above lies what serve() goes on with, should there be a fault.
 */
static _Noreturn void step_silently(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    cpu->stopped = true;
    cpu->frame = *frame;
    stack_switch(step_on, cpu, (void *)(cpu->recovery.rsp & ~15ull));
}

/* The frame that the client made cannot be left: say so where it was last known to be good. */
static enum gdb_event stop_again(struct debugger_cpu *cpu)
{
    cpu->left_badly = false;
    cpu->stopped = true;
    debugreg_disarm(cpu);
    registers_save(cpu);
    breakpoint_lift_all();
    step_abandon(cpu);
    cpu->stop = (struct gdb_stop){.signal = GDB_SIGSEGV, .thread = cpu->stop.thread};
    return gdb_stopped(&debugger_gdb, &cpu->stop);
}

/* ---- stopped ---- */

/* The words come before the stop reply: after it the client does not listen. */
static enum gdb_event announce(struct debugger_cpu *cpu)
{
    if (cpu->tell)
        cpu->tell(cpu);
    cpu->tell = NULL;
    return gdb_stopped(&debugger_gdb, &cpu->stop);
}

static _Noreturn void serve(struct debugger_cpu *cpu)
{
    uint64_t stopped_at = read_tsc();
    enum gdb_event event;

    breakpoint_lift_all();
    step_abandon(cpu);
    if (debugger_settings.on_stop)
        debugger_settings.on_stop();

    if (!recovery_mark(&cpu->recovery))
        event = announce(cpu);
    else if (cpu->left_badly)
        event = stop_again(cpu);
    else
        event = gdb_abandon(&debugger_gdb, "the debugger itself faulted; see monitor comm");

    while (event != GDB_EVENT_RESUME) {
        int byte = line_receive();

        if (byte >= 0)
            event = gdb_receive(&debugger_gdb, (uint8_t)byte);
    }
    leave(cpu, stopped_at);
}

/*
 * Everything that is to be known about the interrupted code is taken along; its stack is not used
 * again, as the client may write to it. The debug registers go off before memory is touched.
 */
static _Noreturn void stop(struct debugger_cpu *cpu, const struct trap_frame *frame,
                           const struct gdb_stop *why)
{
    cpu->stopped = true;
    debugreg_disarm(cpu);
    cpu->stops++;
    cpu->frame = *frame;
    cpu->stopped_rip = frame->rip;
    cpu->stopped_rsp = frame->rsp;
    registers_save(cpu);
    if (protect_is_own_code(frame->rip))
        cpu->own_rip = frame->rip;
    cpu->stop = *why;
    cpu->stop.thread = 1;
    cpu->requested_signal = 0;
    cpu->look_again = false;
    cpu->client_waits = false;
    stack_switch(serve, cpu, stack + STACK_SIZE);
}

_Noreturn void debugger_stop(struct debugger_cpu *cpu, const struct trap_frame *frame,
                             uint8_t signal)
{
    stop(cpu, frame, &(struct gdb_stop){.reason = GDB_STOP_SIGNAL, .signal = signal});
}

/* ---- exceptions ---- */

static bool leaving(const struct trap_frame *frame)
{
    return frame->rip >= (uint64_t)stack_leave && frame->rip < (uint64_t)stack_leave_end;
}

/*
 * An exception in the debugger's own code. Its request is given up and the session goes on: the
 * frame is sent back to where the requests are read. A stray debug trap means nothing here, and an
 * NMI no more than that the line may have something.
 */
static enum debugger_verdict own_exception(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    const struct recovery_point *point = &cpu->recovery;

    if (frame->vector == VECTOR_NMI || frame->vector == VECTOR_DEBUG) {
        if (frame->vector == VECTOR_NMI) {
            door_look_again(cpu);
        } else { /* a step that ends in a stop has led in here */
            frame->rflags &= ~(uint64_t)RFLAGS_TF;
            write_dr6(DR6_CLEAR);
        }
        return DEBUGGER_HANDLED;
    }
    cpu->recovered++;
    cpu->left_badly = leaving(frame);
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
    return DEBUGGER_HANDLED;
}

static _Noreturn void stop_at_breakpoint(struct debugger_cpu *cpu, struct trap_frame *frame,
                                         struct software_breakpoint *b)
{
    b->hits++;
    frame->rip = b->address;
    stop(cpu, frame,
         &(struct gdb_stop){.reason = b->types & 1 << GDB_BREAK_SOFTWARE ? GDB_STOP_SWBREAK
                                                                         : GDB_STOP_HWBREAK,
                            .signal = GDB_SIGTRAP});
}

/*
 * An int3 that the client did not plant is a breakpoint in the source: rip stays behind it, so that
 * continuing goes on (clients.md says which client needs that).
 */
static enum debugger_verdict breakpoint_trap(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    struct software_breakpoint *b = breakpoint_at(frame->rip - 1);

    if (step_again(cpu, frame)) {
        frame->rip--;
        step_silently(cpu, frame);
    }
    if (b && b->planted)
        stop_at_breakpoint(cpu, frame, b);
    if (step_over_done(cpu, frame))
        return DEBUGGER_HANDLED;
    if ((frame->cs & 3) && !cpu->requested_signal)
        return DEBUGGER_PASS;
    debugger_stop(cpu, frame, cpu->requested_signal ? cpu->requested_signal : GDB_SIGTRAP);
}

static _Noreturn void stop_at_fault(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    cpu->tell = fault_tell;
    hand_over_offer(cpu, frame);
    debugger_stop(cpu, frame, vector_signal(frame->vector));
}

/*
 * A breakpoint on a page that must not execute (gdb's return address of a called function lies on
 * the stack) is hit by the fetch that faults.
 */
static enum debugger_verdict fault(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    struct software_breakpoint *b = breakpoint_at(frame->rip);

    if (b && frame->vector == VECTOR_PAGE_FAULT && read_cr2() == frame->rip)
        stop_at_breakpoint(cpu, frame, b);
    if (frame->cs & 3)
        return DEBUGGER_PASS;
    fault_taken(cpu, frame);
    switch (event_policy(frame->vector)) {
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

/*
 * Stops where the client has to hear of a debug register. True: it has not, and there is nothing
 * else to this trap. A watchpoint is reported rather than the step that it hit in.
 */
static bool debug_registers_only(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    bool stepped = cpu->system[SYSTEM_DR6] & DR6_BS;
    struct gdb_stop why;

    switch (debugreg_trapped(cpu, frame, &why)) {
    case DEBUGREG_STOP:
        stop(cpu, frame, &why);
    case DEBUGREG_SILENT:
        return !stepped;
    case DEBUGREG_NONE:
        break;
    }
    if (!stepped)
        debugger_stop(cpu, frame, GDB_SIGTRAP);
    return false;
}

/* The program has set TF itself. That is for the kernel, unless the client wants it first. */
static enum debugger_verdict program_trap(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    enum event_policy policy = event_policy(VECTOR_DEBUG);

    return policy == EVENT_SECOND || policy == EVENT_IGNORE ? DEBUGGER_PASS : fault(cpu, frame);
}

static enum debugger_verdict debug_trap(struct debugger_cpu *cpu, struct trap_frame *frame,
                                        bool is_step)
{
    bool is_door = cpu->look_again;

    if (debug_registers_only(cpu, frame))
        return DEBUGGER_HANDLED;
    if (is_door && !is_step)
        frame->rflags &= ~(uint64_t)RFLAGS_TF;
    if (door_looked_again(cpu))
        debugger_stop(cpu, frame, GDB_SIGINT);
    if (!is_step)
        return is_door ? DEBUGGER_HANDLED : program_trap(cpu, frame);

    enum step_verdict verdict = step_ended(cpu, frame);

    switch (verdict) {
    case STEP_ON:
        step_silently(cpu, frame);
    case STEP_DONE:
    case STEP_INTERRUPTED:
        stop_at_step(cpu, frame, verdict);
    case STEP_PASS:
        return program_trap(cpu, frame);
    case STEP_LEAVE:
        break;
    }
    return DEBUGGER_HANDLED;
}

void debugger_resolved(const struct trap_frame *frame)
{
    fault_resolved(debugger_this_cpu(), frame);
}

/* What the client has left to the kernel, by policy or by signal, is not its business again. */
void debugger_unhandled(struct trap_frame *frame)
{
    struct debugger_cpu *cpu = debugger_this_cpu();
    enum event_policy policy = event_policy(frame->vector);

    if (!active || (frame->entry_flags & FRAME_PASSED_ON) || policy == EVENT_NOTIFY ||
        policy == EVENT_IGNORE)
        return;
    step_exception(cpu, frame, false);
    fault_taken(cpu, frame);
    cpu->faults.under_way.taken = false;
    stop_at_fault(cpu, frame);
}

/*
 * The NMI may have come on the way into the debug trap that ends a step: to stop there would tear
 * the two apart. That trap lets the client in; if it does not come, the client's next knock does.
 */
static bool wait_for_trap(struct debugger_cpu *cpu)
{
    bool trap_comes =
        cpu->step.phase == STEP_ARMED || cpu->step.phase == STEP_OPEN || cpu->look_again;

    cpu->client_waits = trap_comes && !cpu->client_waits;
    return cpu->client_waits;
}

/* So far nothing has faulted or left through an iretq: NMIs are blocked, their stack is ours. */
static enum debugger_verdict nmi(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    enum nmi_cause cause = door_nmi();

    if (cause == NMI_NONE || (cause == NMI_CLIENT && wait_for_trap(cpu)))
        return DEBUGGER_HANDLED;
    step_exception(cpu, frame, false);
    if (cause == NMI_HANG)
        cpu->tell = watchdog_tell;
    if (cause != NMI_OTHER)
        debugger_stop(cpu, frame, GDB_SIGINT);

    enum debugger_verdict verdict = fault(cpu, frame);

    step_passed_on(cpu, frame);
    return verdict;
}

static enum debugger_verdict exception(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    bool stepped = frame->vector == VECTOR_DEBUG && (cpu->system[SYSTEM_DR6] & DR6_BS);
    bool is_step = step_exception(cpu, frame, stepped);

    switch (frame->vector) {
    case VECTOR_DEBUG:
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
    if (!active)
        return DEBUGGER_PASS;
    if (cpu->stopped || leaving(frame))
        return own_exception(cpu, frame);
    if (vector == VECTOR_NMI)
        return nmi(cpu, frame);
    if (vector == VECTOR_DEBUG && debugreg_is_echo(frame))
        return DEBUGGER_HANDLED;

    debugreg_disarm(cpu);
    enum debugger_verdict verdict = exception(cpu, frame);

    step_passed_on(cpu, frame);
    debugreg_arm(cpu, frame);
    if (verdict == DEBUGGER_PASS && vector == VECTOR_DEBUG)
        write_dr6(cpu->system[SYSTEM_DR6]);
    return verdict;
}

/* ---- the doors ---- */

const char *debugger_init(const struct debugger_config *config)
{
    if (active && !provisional)
        return "the debugger serves a line already";

    const char *failure = provisional ? NULL : line_init(config);

    if (failure)
        return failure;
    debugger_settings = *config;
    event_init(config->second_chance);
    if (!provisional) {
        gdb_init(&debugger_gdb, &target_x86, debugger_this_cpu());
        debugreg_remove_all(debugger_this_cpu());
    }
    provisional = false;
    active = true;
    return NULL;
}

void debugger_provisional_init(const struct debugger_config *config)
{
    provisional = debugger_init(config) == NULL;
}

uint64_t debugger_interrupt_stack(void)
{
    return (uint64_t)stack + INTERRUPT_STACK_SIZE;
}

bool debugger_active(void)
{
    return active;
}
