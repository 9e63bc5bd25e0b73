/*
 * seat_client.c: a client wants in, and the processor that has heard it is on its way to the seat.
 */
#include "seat.h"

#include "doors.h"
#include "line.h"
#include "processor.h"

/* TSC cycles, a second or two: who is on his way is there long before. */
#define CALL_CYCLES (1ll << 32)

bool seat_is_called(const struct debugger_cpu *cpu)
{
    return cpu->queued && cpu->stop.reason == GDB_STOP_SIGNAL && cpu->stop.signal == GDB_SIGINT;
}

void seat_answer(const struct debugger_cpu *cpu)
{
    struct debugger_cpu *c;

    line_called = false;
    for (unsigned n = 0; (c = debugger_cpu(n)) != NULL; n++) {
        if (!seat_is_called(c))
            continue;
        c->queued = false;
        if (c == cpu)
            continue;
        c->stands_in = false;
        c->tell = NULL;
        c->speaks_for = NULL;
    }
}

bool seat_is_overdue(void)
{
    static uint64_t since; /* when it was seen last that nobody was called */
    bool called = line_called;
    int64_t passed = (int64_t)(read_tsc() - since); /* < 0: another one has seen it later */

    if (called && passed < CALL_CYCLES)
        return false;
    since += (uint64_t)passed;
    return called;
}

void seat_have(struct debugger_cpu *cpu, void (*then)(struct debugger_cpu *cpu))
{
    cpu->parked = false;
    cpu->held = false;
    then(cpu);
}

/* Who has heard one, here or before, needs no turn. */
void seat_let_client_in(struct debugger_cpu *cpu)
{
    if (!cpu->held || !seat_is_free())
        return;
    if (!cpu->queued && door_opens()) {
        cpu->stop = (struct gdb_stop){.reason = GDB_STOP_SIGNAL, .signal = GDB_SIGINT};
        cpu->stands_in = true;
        cpu->queued = true;
    }
    if (seat_is_called(cpu) && seat_take(cpu))
        seat_have(cpu, seat_serve);
}
