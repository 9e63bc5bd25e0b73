/*
 * doors.c: the ways into the debugger other than an exception, as debugger.h promises them.
 */
#include <string.h>

#include "doors.h"
#include "line.h"
#include "processor.h"
#include "seat.h"
#include "watchdog.h"

static struct door {
    const char *name;
    bool armed;
    uint32_t knocks;  /* how often somebody looked whether a client wants in */
    uint32_t entries; /* ... and one did */
} doors[] = {
    [DEBUGGER_DOOR_LINE] = {.name = "line interrupt"},
    [DEBUGGER_DOOR_TIMER] = {.name = "timer interrupt"},
    [DEBUGGER_DOOR_NMI] = {.name = "line NMI"},
    [DEBUGGER_DOOR_POLL] = {.name = "debugger_poll", .armed = true},
};
#define PATIENCE 32 /* ticks, after which it is known that the interrupt is not served */
#define DOORS (sizeof(doors) / sizeof(doors[0]))

void debugger_arm(enum debugger_door door)
{
    doors[door].armed = true;
}

static bool knock(enum debugger_door door)
{
    bool wanted = seat_is_overdue() || line_wants_in();

    doors[door].knocks++;
    doors[door].entries += wanted;
    return wanted;
}

/*
 * The line's interrupt or NMI has the first try: who asked to break in is more likely to mean what
 * runs there than the idle processor that finds the byte first.
 */
static bool leave_to_line(struct debugger_cpu *cpu)
{
    if (!(doors[DEBUGGER_DOOR_LINE].armed || doors[DEBUGGER_DOOR_NMI].armed) ||
        debugger_cpu_number(cpu) == 0)
        return false;
    cpu->patience = line_pending() ? cpu->patience - 1 : PATIENCE;
    return cpu->patience > 0;
}

void debugger_interrupt(struct trap_frame *frame)
{
    struct debugger_cpu *cpu = debugger_this_cpu();
    bool is_line = frame->vector == debugger_settings.line_vector;

    if (!debugger_active() || cpu->stopped || (!is_line && leave_to_line(cpu)))
        return;
    cpu->inside = true;
    if (knock(is_line ? DEBUGGER_DOOR_LINE : DEBUGGER_DOOR_TIMER))
        debugger_stop(cpu, frame, GDB_SIGINT);
    cpu->inside = false;
}

/* ---- NMI ---- */

/*
 * The line's edge is remembered while NMIs are blocked, and while the debugger reads the line
 * itself: an NMI that finds no byte is an old one. So a button is noticed only without our clocks.
 */
enum nmi_cause door_nmi(void)
{
    if (knock(DEBUGGER_DOOR_NMI))
        return NMI_CLIENT;
    if (watchdog_runs())
        return watchdog_bites() ? NMI_HANG : NMI_NONE;
    return doors[DEBUGGER_DOOR_NMI].armed ? NMI_NONE : NMI_OTHER;
}

bool door_has_bytes(void)
{
    return doors[DEBUGGER_DOOR_NMI].armed && line_pending();
}

bool door_calls_back(void)
{
    return door_has_bytes() && knock(DEBUGGER_DOOR_NMI);
}

bool door_opens(void)
{
    bool by_nmi = doors[DEBUGGER_DOOR_NMI].armed;

    return (by_nmi || doors[DEBUGGER_DOOR_LINE].armed) && line_pending() &&
           knock(by_nmi ? DEBUGGER_DOOR_NMI : DEBUGGER_DOOR_LINE);
}

void door_command(struct gdb *g, char *args)
{
    for (unsigned i = 0; i < DOORS; i++)
        gdb_row(g, "{name:%-16s}  {state:%-9s}  tried {tried=%u} times, let in {let_in=%u}\n",
                doors[i].name, doors[i].armed ? "armed" : "not armed", doors[i].knocks,
                doors[i].entries);
    watchdog_command(g, args);
}

/* ---- from the kernel's own code ---- */

/* On the way from a panic to the stop: who unwinds by frame pointers is to get through. */
#define KEEP_FRAME() __asm__ volatile("" : : "r"(__builtin_frame_address(0)))

/* The client sees its program here, called by whoever wanted the stop. */
void debugger_break(void)
{
    KEEP_FRAME();
    if (debugger_active())
        __asm__ volatile("int3");
}

/* Interrupts off: the signal must be taken by this int3 and no other. */
void door_break(uint8_t signal)
{
    KEEP_FRAME();
    uint64_t flags = interrupts_off();

    debugger_this_cpu()->requested.signal = signal;
    debugger_break();
    interrupts_restore(flags);
}

static bool poll(uint8_t signal)
{
    if (!debugger_active())
        return false;

    uint64_t flags = interrupts_off();
    struct debugger_cpu *cpu = debugger_this_cpu();

    cpu->inside = true;

    bool wanted = knock(DEBUGGER_DOOR_POLL);

    if (wanted)
        door_break(signal);
    cpu->inside = false;
    interrupts_restore(flags);
    return wanted;
}

void debugger_poll(void)
{
    poll(GDB_SIGINT);
}

bool debugger_console(const char *text, size_t n)
{
    if (!debugger_active())
        return false;

    uint64_t flags = interrupts_off();
    bool sent = !debugger_this_cpu()->stopped && line_console(text, n);

    if (line_missed()) /* an NMI came in between, and went away again */
        poll(GDB_SIGINT);

    interrupts_restore(flags);
    return sent;
}

void debugger_panic(const char *message)
{
    KEEP_FRAME();
    debugger_console(message, strlen(message));
    debugger_console("\n", 1);
    if (!debugger_active())
        return;

    uint64_t flags = interrupts_off();
    struct debugger_cpu *cpu = debugger_this_cpu();

    cpu->panic = message;
    cpu->crashed = true;
    door_break(GDB_SIGABRT);
    cpu->panic = NULL;
    interrupts_restore(flags);
}

/* A client that comes through an interrupt meanwhile has been here as well: the wait is over. */
void debugger_wait(uint64_t cycles)
{
    uint64_t start = read_tsc();
    uint32_t stops = debugger_this_cpu()->stops;

    if (cycles == 0)
        debugger_break();
    while ((debugger_this_cpu()->spins =
                read_tsc() - start < cycles && debugger_this_cpu()->stops == stops))
        poll(GDB_SIGTRAP);
}
