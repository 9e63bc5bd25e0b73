/*
 * patience.c: work that may take longer than its client waits. gdb gives a reply up after three
 * times `remotetimeout`, 6 s, takes the next one for it, and is out of step from then on, if it
 * does not end itself (13). Any byte between packets begins the waiting anew, and gdb passes by an
 * acknowledgement that it does not expect.
 */
#include "core.h"

#define PATIENCE 500000 /* microseconds; remotetimeout is a second at least */

/* lldb would take it for the reply. */
static void keep_waiting(struct gdb *g)
{
    if (g->dialect == GDB_DIALECT_GDB)
        g->target->send(g->context, "+", 1);
}

/* Who was told to wait, and sends a packet, is somebody else: the other one has gone. */
static uint8_t next_state(struct gdb *g, uint64_t now)
{
    const struct gdb_target *target = g->target;
    uint8_t state = g->work == GDB_WORK_BEGINS ? GDB_WORK_SHORT : g->work;
    if (target->interrupted && target->interrupted(g->context))
        return GDB_WORK_INTERRUPTED;
    if (now - g->work_heard < PATIENCE)
        return state;
    if (state == GDB_WORK_LONG && target->packet_waits && target->packet_waits(g->context))
        return GDB_WORK_FORSAKEN;
    keep_waiting(g);
    g->work_heard = now;
    return GDB_WORK_LONG;
}

bool gdb_goes_on(struct gdb *g)
{
    uint64_t now = g->target->microseconds ? g->target->microseconds(g->context) : 0;
    if (g->work == GDB_WORK_BEGINS)
        g->work_heard = now;
    if (g->work < GDB_WORK_INTERRUPTED)
        g->work = next_state(g, now);
    return g->work < GDB_WORK_INTERRUPTED;
}
