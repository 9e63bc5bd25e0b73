/*
 * debugger.c: the seat. How the machine stops, who is served then, and how it is left.
 */
#include "debugger.h"

#include "breakpoint.h"
#include "debugreg.h"
#include "doors.h"
#include "events.h"
#include "line.h"
#include "processor.h"
#include "protect.h"
#include "registers.h"
#include "seat.h"
#include "stack.h"
#include "target_x86.h"

#define STACK_SIZE 8192
#define INTERRUPT_STACK_SIZE 2560 /* ... of that, at the end which is never reached */

struct debugger_config debugger_settings;

static bool active;
static bool provisional; /* an exception came before the kernel called debugger_init() */
static struct debugger_cpu cpus[DEBUGGER_CPUS];

/*
 * One processor serves the client. The section is for linker scripts that put a guard page below
 * it: then not even an overflow of this stack ends the session.
 */
static _Alignas(16) uint8_t stack[STACK_SIZE] __attribute__((section(".bss.debugger_stack")));

/* GS is the debuggee's, and may be what is being debugged. */
struct debugger_cpu *debugger_this_cpu(void)
{
    return &cpus[0];
}

/* ---- leaving ---- */

_Noreturn void seat_stop_at_step(struct debugger_cpu *cpu, const struct trap_frame *frame,
                                 enum step_verdict verdict)
{
    if (cpu->step.plan.program_trap && event_policy(VECTOR_DEBUG) != EVENT_FIRST)
        hand_over_owe(cpu, frame);
    debugger_stop(cpu, frame, verdict == STEP_INTERRUPTED ? GDB_SIGINT : GDB_SIGTRAP);
}

/*
 * The last look at the line. Once nothing waits there, an NMI starts this over until the iretq is
 * done: nothing happens in between that would have to be undone.
 */
_Noreturn void seat_leave(struct debugger_cpu *cpu)
{
    cpu->stopped = true;
    do {
        cpu->leaving = false;
        if (door_calls_back())
            debugger_stop(cpu, &cpu->frame, GDB_SIGINT);
        cpu->leaving = true;
    } while (door_has_bytes());
    debugreg_arm(cpu, &cpu->exit);
    stack_leave(&cpu->exit, &cpu->stopped);
}

/* What is to be stepped may be done already, by ourselves: then the machine stops again. */
static _Noreturn void leave_or_stop(struct debugger_cpu *cpu, enum step_verdict verdict)
{
    if (verdict != STEP_LEAVE)
        seat_stop_at_step(cpu, &cpu->frame, verdict);
    seat_leave(cpu);
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
    registers_restore(cpu);
    if (!handed_over)
        leave_or_stop(cpu, verdict);
    if (cpu->hand_over.owed)
        write_dr6(DR6_CLEAR | DR6_BS);
    debugreg_arm(cpu, &cpu->exit);
    stack_leave(&cpu->exit, &cpu->stopped);
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
_Noreturn void seat_step_silently(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    cpu->leaving = false;
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
_Noreturn void seat_stop(struct debugger_cpu *cpu, const struct trap_frame *frame,
                         const struct gdb_stop *why)
{
    cpu->leaving = false; /* first: from now on an NMI is the debugger's own affair */
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
    cpu->requested = (struct gdb_stop){0};
    cpu->client_waits = false;
    stack_switch(serve, cpu, stack + STACK_SIZE);
}

_Noreturn void debugger_stop(struct debugger_cpu *cpu, const struct trap_frame *frame,
                             uint8_t signal)
{
    seat_stop(cpu, frame, &(struct gdb_stop){.reason = GDB_STOP_SIGNAL, .signal = signal});
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

void debugger_cpu_online(void)
{
    struct debugger_cpu *cpu = debugger_this_cpu();

    debugreg_disarm(cpu);
    debugreg_arm(cpu, &cpu->frame);
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
