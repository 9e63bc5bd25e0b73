/*
 * trace_status.c: qTStatus, qTP and qTV: how the trace stands.
 */
#include "trace_core.h"

static void tx_note(struct gdb *g, uint32_t note)
{
    const uint32_t *length = gdb_trace_at(&g->trace, note, sizeof *length);
    if (length && gdb_trace_at(&g->trace, note, sizeof *length + (size_t)*length))
        tx_hex(g, (const uint8_t *)(length + 1), *length);
}

static void tx_field(struct gdb *g, const char *name, uint64_t value)
{
    tx_byte(g, ';');
    tx_string(g, name);
    tx_byte(g, ':');
    tx_number(g, value);
}

/* Why it does not run. */
static void tx_reason(struct gdb *g)
{
    switch ((enum gdb_trace_state)g->trace.state) {
    case GDB_TRACE_RUNNING:
        break;
    case GDB_TRACE_NEVER:
        tx_string(g, ";tnotrun:0");
        break;
    case GDB_TRACE_STOPPED:
        tx_string(g, ";tstop:");
        tx_note(g, g->trace.notes[2]);
        tx_string(g, ":0");
        break;
    case GDB_TRACE_FULL:
        tx_string(g, ";tfull:0");
        break;
    case GDB_TRACE_PASSES:
        tx_field(g, "tpasscount", g->trace.culprit);
        break;
    case GDB_TRACE_DISCONNECTED:
        tx_string(g, ";tdisconnected:0");
        break;
    case GDB_TRACE_WRONG:
        tx_string(g, ";terror:");
        tx_hex_text(g, g->trace.wrong);
        tx_byte(g, ':');
        tx_number(g, g->trace.culprit);
        break;
    }
}

static uint32_t count_frames(const struct gdb_ring *r)
{
    struct gdb_ring_cursor c;
    uint32_t n = 0;
    gdb_ring_rewind(r, &c);
    while (gdb_ring_next_frame(r, &c))
        n++;
    return n;
}

/* tlost and tunreadable are for people: clients pass over what they do not know. */
enum outcome gdb_do_trace_status(struct gdb *g)
{
    struct gdb_trace *t = &g->trace;
    if (!gdb_has_trace(g))
        return ANSWER;
    if (!rx_end(g))
        return gdb_malformed(g);
    tx_string(g, gdb_trace_runs(g) ? "T1" : "T0");
    tx_reason(g);
    tx_field(g, "tframes", count_frames(&t->ring));
    tx_field(g, "tcreated", t->ring.frames);
    tx_field(g, "tfree", gdb_ring_free(&t->ring));
    tx_field(g, "tsize", (uint64_t)t->ring.units * GDB_RING_UNIT);
    tx_field(g, "circular", t->circular);
    tx_field(g, "disconn", t->disconnected);
    tx_field(g, "tlost", t->lost);
    tx_field(g, "tunreadable", t->unreadable);
    if (t->begun)
        tx_field(g, "starttime", t->begun);
    if (t->ended)
        tx_field(g, "stoptime", t->ended);
    for (unsigned i = 0; i < 2; i++) {
        if (!t->notes[i])
            continue;
        tx_string(g, i ? ";notes:" : ";username:");
        tx_note(g, t->notes[i]);
    }
    return ANSWER;
}

/* qTP:n:address: how often it was hit, and what that has cost. */
enum outcome gdb_do_tracepoint_status(struct gdb *g)
{
    const struct tracepoint *p = rx_defined(g);
    if (!p)
        return ANSWER;
    tx_byte(g, 'V');
    tx_number(g, p->hits);
    tx_byte(g, ':');
    tx_number(g, p->usage);
    return ANSWER;
}

/* qTV:n: a variable's value, in a frame what was collected of it. */
enum outcome gdb_do_variable_value(struct gdb *g)
{
    uint64_t value = 0;
    if (!gdb_trace_open(g))
        return ANSWER;
    rx_expect(g, ':');
    uint64_t number = rx_number(g);
    if (!rx_done(g) || number > UINT16_MAX)
        return gdb_malformed(g);
    const int64_t *now = gdb_agent_variable(&g->variables, number, false);
    bool known = now != NULL;
    if (g->trace.looking)
        known = gdb_frame_variable(g, number, &value);
    else if (now)
        value = *now;
    else if (number == GDB_AGENT_CLOCK)
        known = (value = gdb_trace_time(g)) != 0;
    tx_byte(g, known ? 'V' : 'U');
    if (known)
        tx_number(g, value);
    return ANSWER;
}
