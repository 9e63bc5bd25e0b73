/*
 * trace_upload.c: what was defined, told to a client that has not defined it: qTfP qTsP qTfV qTsV,
 * one piece a packet.
 */
#include "trace_core.h"

/* ---- tracepoints ---- */

static void tx_name(struct gdb *g, char piece, const struct tracepoint *p)
{
    tx_byte(g, piece);
    tx_number(g, p->number);
    tx_byte(g, ':');
    tx_number(g, p->address);
    tx_byte(g, ':');
}

static void tx_code(struct gdb *g, const struct item *item)
{
    tx_byte(g, 'X');
    tx_number(g, item->length);
    tx_byte(g, ',');
    tx_hex(g, (const uint8_t *)(item + 1), item->length);
}

static void tx_tracepoint(struct gdb *g, const struct tracepoint *p)
{
    const struct item *item = gdb_item_at(&g->trace, p->items);
    tx_name(g, 'T', p);
    tx_string(g, p->enabled ? "E:" : "D:");
    tx_number(g, p->steps);
    tx_byte(g, ':');
    tx_number(g, p->passes);
    if (item && item->kind == ITEM_CONDITION) {
        tx_byte(g, ':');
        tx_code(g, item);
    }
}

static void tx_memory(struct gdb *g, const struct memory_item *what)
{
    tx_byte(g, 'M');
    if (what->base == ABSOLUTE)
        tx_string(g, "-1");
    else
        tx_number(g, what->base);
    tx_byte(g, ',');
    tx_number(g, what->offset);
    tx_byte(g, ',');
    tx_number(g, what->length);
}

static void tx_source(struct gdb *g, const struct tracepoint *p, const struct item *item)
{
    const uint8_t *text = (const uint8_t *)(item + 1);
    size_t name = item->text < item->length ? item->text : item->length;
    tx_name(g, 'Z', p);
    for (size_t i = 0; i < name; i++)
        tx_byte(g, text[i]);
    tx_byte(g, ':');
    tx_number(g, item->start);
    tx_byte(g, ':');
    tx_number(g, item->total);
    tx_byte(g, ':');
    tx_hex(g, text + name, item->length - name);
}

static void tx_item(struct gdb *g, const struct tracepoint *p, const struct item *item)
{
    const uint8_t *bytes = (const uint8_t *)(item + 1);
    if (item->kind == ITEM_SOURCE) {
        tx_source(g, p, item);
        return;
    }
    tx_name(g, item->step ? 'S' : 'A', p);
    switch (item->kind) {
    case ITEM_REGISTERS:
        tx_byte(g, 'R');
        for (size_t i = item->length; i-- > 0;)
            tx_hex_byte(g, bytes[i]);
        break;
    case ITEM_MEMORY:
        tx_memory(g, (const struct memory_item *)bytes);
        break;
    default:
        tx_code(g, item);
    }
}

/* The piece behind the one that was told last: a tracepoint, then all of its items. */
static void tx_next(struct gdb *g)
{
    struct gdb_trace *t = &g->trace;
    const struct tracepoint *p = gdb_tracepoint_at(t, t->told);
    const struct item *item = gdb_item_at(t, t->told_item);
    uint32_t next = item ? item->next : p ? p->items : 0;
    while ((item = gdb_item_at(t, next)) && item->kind == ITEM_CONDITION)
        next = item->next;
    if (item) {
        t->told_item = next;
        tx_item(g, p, item);
        return;
    }
    t->told = p ? p->next : t->first;
    t->told_item = 0;
    p = gdb_tracepoint_at(t, t->told);
    if (p)
        tx_tracepoint(g, p);
    else
        tx_byte(g, 'l');
}

enum outcome gdb_do_first_tracepoint(struct gdb *g)
{
    if (!gdb_has_trace(g))
        return ANSWER;
    g->trace.told = g->trace.told_item = 0;
    tx_next(g);
    return ANSWER;
}

enum outcome gdb_do_next_tracepoint(struct gdb *g)
{
    if (!gdb_has_trace(g))
        return ANSWER;
    if (g->trace.told)
        tx_next(g);
    else
        tx_byte(g, 'l');
    return ANSWER;
}

/* ---- variables ---- */

#define CLOCK_TOLD 1u /* no definition is there */

/* Nobody has defined it, but clients are to know that it is there. */
static void tx_clock(struct gdb *g)
{
    tx_number(g, GDB_AGENT_CLOCK);
    tx_string(g, ":0:1:");
    tx_hex_text(g, "trace_timestamp");
    g->trace.told = CLOCK_TOLD;
}

static void tx_variable(struct gdb *g, uint32_t offset)
{
    const struct variable_item *v = gdb_trace_at(&g->trace, offset, sizeof *v);
    g->trace.told = g->trace.told_item = 0;
    if (!v || !gdb_trace_at(&g->trace, offset, sizeof *v + (size_t)v->length)) {
        tx_byte(g, 'l');
        return;
    }
    g->trace.told = offset;
    tx_number(g, v->number);
    tx_byte(g, ':');
    tx_number(g, v->initial);
    tx_byte(g, ':');
    tx_number(g, v->builtin);
    tx_byte(g, ':');
    tx_hex(g, (const uint8_t *)(v + 1), v->length);
}

enum outcome gdb_do_first_variable(struct gdb *g)
{
    if (!gdb_has_trace(g))
        return ANSWER;
    if (!gdb_agent_variable(&g->variables, GDB_AGENT_CLOCK, false) && gdb_trace_time(g))
        tx_clock(g);
    else
        tx_variable(g, g->trace.variables);
    return ANSWER;
}

enum outcome gdb_do_next_variable(struct gdb *g)
{
    const struct variable_item *v = gdb_trace_at(&g->trace, g->trace.told, sizeof *v);
    if (gdb_has_trace(g))
        tx_variable(g, g->trace.told == CLOCK_TOLD ? g->trace.variables : v ? v->next : 0);
    return ANSWER;
}
