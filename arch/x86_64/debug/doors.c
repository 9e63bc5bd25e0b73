/*
 * doors.c: the ways into the debugger other than an exception, as debugger.h promises them.
 */
#include <string.h>

#include "line.h"
#include "processor.h"
#include "state.h"

void debugger_interrupt(struct trap_frame *frame)
{
    struct debugger_cpu *cpu = debugger_this_cpu();

    if (debugger_active() && !cpu->stopped && line_wants_in())
        debugger_stop(cpu, frame, GDB_SIGINT);
}

/* The client sees its program here, called by whoever wanted the stop. */
void debugger_break(void)
{
    if (debugger_active())
        __asm__ volatile("int3");
}

/* Interrupts off: the signal must be taken by this int3 and no other. */
static void break_with(uint8_t signal)
{
    uint64_t flags = interrupts_off();

    debugger_this_cpu()->requested_signal = signal;
    debugger_break();
    interrupts_restore(flags);
}

static bool poll(uint8_t signal)
{
    if (!debugger_active())
        return false;

    uint64_t flags = interrupts_off();
    bool wanted = line_wants_in();

    if (wanted)
        break_with(signal);
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

    interrupts_restore(flags);
    return sent;
}

void debugger_panic(const char *message)
{
    debugger_console(message, strlen(message));
    debugger_console("\n", 1);
    if (debugger_active())
        break_with(GDB_SIGABRT);
}

/* A client that comes through an interrupt meanwhile has been here as well: the wait is over. */
void debugger_wait(uint64_t cycles)
{
    uint64_t start = read_tsc();
    uint32_t stops = debugger_this_cpu()->stops;

    if (cycles == 0)
        debugger_break();
    else
        while (read_tsc() - start < cycles && debugger_this_cpu()->stops == stops)
            poll(GDB_SIGTRAP);
}
