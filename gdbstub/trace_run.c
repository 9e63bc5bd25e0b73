/*
 * trace_run.c: when data is collected, and how much of it is kept: QTStart QTStop QTEnable
 * QTDisable QTBuffer QTDisconnected QTNotes.
 */
#include "trace_core.h"

#define RING_MIN 4096u

/* ---- the traps ---- */

static bool is_wanted(const struct gdb *g, uint64_t address)
{
    struct gdb_trace *t = (struct gdb_trace *)&g->trace;
    struct tracepoint *p;
    if (__atomic_load_n(&t->state, __ATOMIC_RELAXED) != GDB_TRACE_RUNNING)
        return false;
    uint32_t at = *gdb_trace_bucket(t, address);
    for (; (p = gdb_tracepoint_at(t, at)); at = p->chain)
        if (p->address == address && p->enabled && at != t->open)
            return true;
    return false;
}

/* NULL, or why it cannot be there. */
const char *gdb_trace_settle(struct gdb *g, uint64_t address)
{
    bool on = is_wanted(g, address);
    struct gdb_error error =
        g->target->set_tracepoint(g->context, gdb_thread_current(g), address, on);

    if (!on || !gdb_failed(error))
        return NULL;
    return error.text ? error.text : "there can be no tracepoint";
}

static const char *settle_all(struct gdb *g)
{
    struct tracepoint *p;
    const char *why = NULL, *its;
    for (uint32_t at = g->trace.first; (p = gdb_tracepoint_at(&g->trace, at)); at = p->next)
        if ((its = gdb_trace_settle(g, p->address)) && !why)
            why = its;
    return why;
}

/* ---- the end ---- */

uint64_t gdb_trace_time(const struct gdb *g)
{
    return g->target->microseconds ? g->target->microseconds(g->context) : 0;
}

void gdb_trace_end(struct gdb *g, enum gdb_trace_state why, uint32_t tracepoint)
{
    struct gdb_trace *t = &g->trace;
    uint32_t running = GDB_TRACE_RUNNING;
    if (!__atomic_compare_exchange_n(&t->state, &running, why, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        return;
    t->culprit = tracepoint;
    t->ended = gdb_trace_time(g);
}

void gdb_trace_stop(struct gdb *g, enum gdb_trace_state why)
{
    gdb_trace_end(g, why, 0);
    settle_all(g);
}

/* ... or another one has come without its having said so: conditions go, tracepoints may stay. */
void gdb_client_left(struct gdb *g)
{
    gdb_agents_clear(g);
    g->trace.looking = false;
    if (!g->trace.disconnected)
        gdb_trace_stop(g, GDB_TRACE_DISCONNECTED);
}

/* Frames may come and go: where one was means nothing the next time. */
void gdb_trace_resumed(struct gdb *g)
{
    g->trace.looking = false;
    g->trace.sent = 0;
}

/* Does the machine trace? Whatever has ended it: then its traps are taken out. */
bool gdb_trace_runs(struct gdb *g)
{
    if (g->trace.state == GDB_TRACE_RUNNING)
        return true;
    settle_all(g);
    return false;
}

enum outcome gdb_do_trace_stop(struct gdb *g)
{
    if (!gdb_trace_open(g))
        return ANSWER;
    if (!rx_end(g))
        return gdb_malformed(g);
    gdb_trace_stop(g, GDB_TRACE_STOPPED);
    return gdb_ok(g);
}

/* ---- the start ---- */

/* All that the definitions leave, but for some more of them. */
static bool make_ring(struct gdb_trace *t)
{
    uint32_t most = t->size - t->used, start = t->used + most / 16;
    start = (start + GDB_RING_UNIT - 1) / GDB_RING_UNIT * GDB_RING_UNIT;
    if (most < 2 * RING_MIN)
        return false;
    t->limit = start;
    uint32_t size = t->size - start;
    if (t->wanted && t->wanted < size)
        size = t->wanted > RING_MIN ? t->wanted : RING_MIN;
    gdb_ring_clear(&t->ring, t->memory + start, size);
    t->ring.circular = t->circular;
    return true;
}

static void forget_frames(struct gdb_trace *t)
{
    struct tracepoint *p;
    for (uint32_t at = t->first; (p = gdb_tracepoint_at(t, at)); at = p->next)
        p->hits = p->usage = p->hint = 0;
    t->looking = false;
    t->sent = t->lost = t->unreadable = 0;
    t->notes[2] = 0;
}

enum outcome gdb_do_trace_start(struct gdb *g)
{
    struct gdb_trace *t = &g->trace;
    if (!gdb_trace_open(g))
        return ANSWER;
    if (!rx_end(g))
        return gdb_malformed(g);
    if (t->state == GDB_TRACE_RUNNING)
        return gdb_trace_refuse(g, "the trace is running already");
    if (!t->first)
        return gdb_trace_refuse(g, "there are no tracepoints");
    if (__atomic_load_n(&t->writers, __ATOMIC_SEQ_CST))
        return gdb_trace_refuse(g, "a processor that has not stopped is collecting: try again");
    if (!make_ring(t))
        return gdb_trace_refuse(g, "the tracepoints leave no room for what they collect");
    forget_frames(t);
    t->begun = gdb_trace_time(g);
    t->ended = 0;
    t->state = GDB_TRACE_RUNNING;
    const char *why = settle_all(g);
    if (!why)
        return gdb_ok(g);
    gdb_trace_refuse(g, why);
    gdb_trace_stop(g, GDB_TRACE_NEVER);
    return ANSWER;
}

/* ---- one of them ---- */

static enum outcome enable(struct gdb *g, bool on)
{
    struct tracepoint *p = rx_defined(g);
    if (!p)
        return ANSWER;
    p->enabled = on;
    const char *why = gdb_trace_settle(g, p->address);
    if (!why)
        return gdb_ok(g);
    p->enabled = false;
    return gdb_trace_refuse(g, why);
}

enum outcome gdb_do_trace_enable(struct gdb *g)
{
    return enable(g, true);
}

enum outcome gdb_do_trace_disable(struct gdb *g)
{
    return enable(g, false);
}

/* ---- settings ---- */

static bool rx_switch(struct gdb *g, bool *setting)
{
    uint64_t value = rx_number(g);
    if (!rx_done(g) || value > 1)
        return false;
    *setting = value;
    return true;
}

/* size:n, or -1: as much as there is; from the next start on. */
static bool rx_size(struct gdb *g, uint32_t *size)
{
    uint64_t value = 0;
    if (rx_skip(g, '-'))
        rx_expect(g, '1');
    else
        value = rx_number(g);
    if (!rx_done(g))
        return false;
    *size = value < UINT32_MAX ? value : 0; /* gdb's -1, in 32 or 64 bits */
    return true;
}

enum outcome gdb_do_trace_buffer(struct gdb *g)
{
    struct gdb_trace *t = &g->trace;
    if (!gdb_trace_open(g))
        return ANSWER;
    rx_expect(g, ':');
    struct span what = rx_word(g, ':');
    bool good = false;
    if (gdb_span_is(what, "circular"))
        good = rx_switch(g, &t->circular);
    else if (gdb_span_is(what, "size"))
        good = rx_size(g, &t->wanted);
    if (!good)
        return gdb_malformed(g);
    t->ring.circular = t->circular;
    return gdb_ok(g);
}

/* QTDisconnected:0|1: does it go on when the client is gone? */
enum outcome gdb_do_trace_disconnected(struct gdb *g)
{
    if (!gdb_trace_open(g))
        return ANSWER;
    rx_expect(g, ':');
    return rx_switch(g, &g->trace.disconnected) ? gdb_ok(g) : gdb_malformed(g);
}

/* A text that the client wants back in qTStatus; it is behind its length. */
static bool rx_note(struct gdb *g, uint32_t *note)
{
    struct span digits = rx_word(g, ';');
    uint32_t *length, n = digits.length / 2;
    uint32_t end = g->rx_cursor;
    g->rx_cursor = (uint32_t)(digits.start - g->rx);
    g->rx_bad |= digits.length % 2;
    rx_hex(g, digits.start, n);
    g->rx_cursor = end;
    length = g->rx_bad ? NULL : gdb_trace_new(g, sizeof *length + n, note);
    if (!length)
        return g->rx_bad;
    *length = n;
    memcpy(length + 1, digits.start, n);
    return true;
}

/* QTNotes:user:hex;notes:hex;tstop:hex; any of them. */
enum outcome gdb_do_trace_notes(struct gdb *g)
{
    static const char *const names[] = {"user", "notes", "tstop"};
    bool room = true;
    if (!gdb_trace_open(g))
        return ANSWER;
    rx_expect(g, ':');
    while (room && !g->rx_bad && !rx_end(g)) {
        struct span name = rx_word(g, ':');
        size_t i = 0;
        while (i < 3 && !gdb_span_is(name, names[i]))
            i++;
        if (i == 3)
            return gdb_malformed(g);
        room = rx_note(g, &g->trace.notes[i]);
    }
    if (!room)
        return gdb_trace_refuse(g, "no room for this note");
    return rx_done(g) ? gdb_ok(g) : gdb_malformed(g);
}
