/*
 * debugger.c: the seat. How the machine stops, who is served then, and how it is left.
 */
#include "debugger.h"

#include "breakpoint.h"
#include "core_file.h"
#include "debugreg.h"
#include "events.h"
#include "line.h"
#include "processes.h"
#include "processor.h"
#include "protect.h"
#include "registers.h"
#include "requests.h"
#include "seat.h"
#include "stack.h"
#include "step_aside.h"
#include "target_x86.h"
#include "thread_list.h"
#include "unattended.h"
#include "wt.h"

#define STACK_SIZE 8192
#define INTERRUPT_STACK_SIZE 2560 /* ... of that, at the end which is never reached */

struct debugger_config debugger_settings;

static bool active;
static bool provisional; /* an exception came before the kernel called debugger_init() */
static struct debugger_cpu processors[DEBUGGER_CPUS];

/*
 * One processor serves the client. The section is for linker scripts that put a guard page below
 * it: then not even an overflow of this stack ends the session.
 */
static _Alignas(16) uint8_t stack[STACK_SIZE] __attribute__((section(".bss.debugger_stack")));

/* GS is the debuggee's, and may be what is being debugged. */
struct debugger_cpu *debugger_this_cpu(void)
{
    return &processors[debugger_settings.this_cpu ? debugger_settings.this_cpu() : 0];
}

struct debugger_cpu *debugger_cpu(unsigned n)
{
    return n < DEBUGGER_CPUS ? &processors[n] : NULL;
}

unsigned debugger_cpu_number(const struct debugger_cpu *cpu)
{
    return (unsigned)(cpu - processors);
}

/* ---- stopped ---- */

/* One of the debug registers' has been counted by who found it. */
static void count_hit(const struct debugger_cpu *cpu)
{
    struct software_breakpoint *b = breakpoint_here(cpu->frame.rip);
    bool is_hit = cpu->stop.reason == GDB_STOP_SWBREAK || cpu->stop.reason == GDB_STOP_HWBREAK;

    if (b && is_hit && cpu->frame.vector != VECTOR_DEBUG)
        b->hits++;
}

/* The words come before the stop reply: after it the client does not listen. */
static enum gdb_event announce(struct debugger_cpu *cpu)
{
    struct debugger_cpu *who = seat_stopped(cpu);

    count_hit(cpu);
    threads_changed();
    seat_tell_absent();
    threads_tell();
    process_stopped(cpu);
    if (cpu->tell)
        cpu->tell(cpu);
    cpu->tell = NULL;
    wt_tell(cpu);
    who->queued = false;
    who->reported = true;
    cpu->stands_in = false;
    cpu->speaks_for = NULL;
    cpu->stop.thread = threads_on(who);
    return gdb_stopped(&debugger_gdb, &cpu->stop);
}

static _Noreturn void serve(struct debugger_cpu *cpu)
{
    uint64_t stopped_at = read_tsc();
    enum gdb_event event;

    cpu->stops++;
    cpu->requested = (struct gdb_stop){0};
    cpu->client_waits = false;
    seat_round_up(cpu);
    seat_answer(cpu);
    breakpoint_lift_all();
    step_abandon(cpu);
    step_aside_abandon();
    if (debugger_settings.on_stop)
        debugger_settings.on_stop();

    core_changed();
    unattended(cpu);
    if (!recovery_mark(&cpu->recovery))
        event = announce(cpu);
    else
        event = gdb_abandon(&debugger_gdb, "the debugger itself faulted; see monitor comm");

    while (event != GDB_EVENT_RESUME) {
        int byte = line_receive();

        unattended_line(byte);
        if (byte >= 0)
            event = gdb_receive(&debugger_gdb, (uint8_t)byte);
        line_skim();
        line_rest(byte < 0);
    }
    if (debugger_settings.on_resume)
        debugger_settings.on_resume(read_tsc() - stopped_at);
    debugreg_note();
    request_tell();
    line_free();
    seat_proceed(cpu);
}

_Noreturn void seat_serve(struct debugger_cpu *cpu)
{
    stack_switch(serve, cpu, stack + STACK_SIZE);
}

/*
 * Everything that is to be known about the interrupted code is taken along; its stack is not used
 * again, as the client may write to it. The debug registers go off before memory is touched.
 */
void seat_enter(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    cpu->leaving = false; /* first: from now on an NMI is the debugger's own affair */
    cpu->stopped = true;
    cpu->inside = false;
    cpu->collecting = false;
    cpu->absent = false;
    debugreg_disarm(cpu);
    cpu->frame = *frame;
    cpu->stopped_rip = frame->rip;
    cpu->stopped_rsp = frame->rsp;
    registers_save(cpu);
    if (protect_is_own_code(frame->rip))
        cpu->own_rip = frame->rip;
    cpu->reported = false;
}

_Noreturn void seat_stop(struct debugger_cpu *cpu, const struct trap_frame *frame,
                         const struct gdb_stop *why)
{
    seat_enter(cpu, frame);
    cpu->stop = *why;
    if (!seat_take(cpu))
        seat_queue(cpu);
    seat_serve(cpu);
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
    breakpoint_use(config->breakpoint_memory,
                   config->breakpoint_size / sizeof(struct software_breakpoint));
    if (!provisional) {
        gdb_init(&debugger_gdb, &target_x86, NULL);
        gdb_use_memory(&debugger_gdb, config->packet_memory, config->packet_size);
        debugreg_remove_all();
        debugger_this_cpu()->online = true;
    }
    provisional = false;
    active = true;
    return NULL;
}

void debugger_cpu_online(void)
{
    struct debugger_cpu *cpu = debugger_this_cpu();

    if (!active)
        return;
    while (!seat_take(cpu)) /* nobody waits for this one yet */
        __asm__ volatile("pause");
    debugreg_disarm(cpu);
    debugreg_arm(cpu, &(struct trap_frame){.vector = VECTOR_DEBUG});
    cpu->online = true;
    seat_thaw(cpu, true);
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

bool debugger_inside(void)
{
    return active && debugger_this_cpu()->stopped;
}
