/*
 * trace_define.c: what is to be collected where: QTinit QTDP QTDPsrc QTDV QTro (GDB manual,
 * "Tracepoint Packets").
 *
 * A packet that is malformed, or for which there is no room, leaves nothing behind.
 */
#include "trace_core.h"

/* QTinit: all is forgotten, and nothing is traced. */
enum outcome gdb_do_trace_init(struct gdb *g)
{
    struct gdb_trace *t = &g->trace;
    if (!gdb_trace_open(g))
        return ANSWER;
    gdb_trace_stop(g, GDB_TRACE_STOPPED);
    if (__atomic_load_n(&t->writers, __ATOMIC_SEQ_CST))
        return gdb_trace_refuse(g, "a processor that has not stopped is collecting: try again");
    uint32_t salt = t->ring.salt, wanted = t->wanted;
    *t = (struct gdb_trace){.ring.salt = salt, .wanted = wanted, .circular = t->circular,
                            .disconnected = t->disconnected};
    memset(&g->variables, 0, sizeof g->variables);
    gdb_trace_open(g);
    return gdb_ok(g);
}

/* ---- actions ---- */

static struct item *new_item(struct gdb *g, enum item_kind kind, size_t length, uint32_t *offset)
{
    struct item *item = gdb_trace_new(g, sizeof *item + length, offset);
    if (!item)
        return NULL;
    item->kind = kind;
    item->length = length;
    return item;
}

static size_t count_digits(const struct gdb *g)
{
    size_t n = 0;
    while (g->rx_cursor + n < g->rx_length && gdb_hex_value(g->rx[g->rx_cursor + n]) != NOT_HEX)
        n++;
    return n;
}

/* R mask: a number of any length, with the last digit for the first four registers. */
static struct item *rx_registers(struct gdb *g, uint32_t *offset)
{
    size_t digits = count_digits(g), n = (digits + 1) / 2;
    g->rx_bad |= n == 0 || n > (g->target->machine->register_count + 7u) / 8;
    struct item *item = g->rx_bad ? NULL : new_item(g, ITEM_REGISTERS, n, offset);
    if (!item)
        return NULL;
    uint8_t *mask = (uint8_t *)(item + 1);
    for (size_t i = digits; i-- > 0;)
        mask[i / 2] |= gdb_hex_value(g->rx[g->rx_cursor++]) << i % 2 * 4;
    return item;
}

/* M base,offset,length: from what a register holds, or with -1 from 0 on. */
static struct item *rx_memory(struct gdb *g, uint32_t *offset)
{
    struct memory_item what = {.base = ABSOLUTE};
    if (rx_skip(g, '-'))
        rx_expect(g, '1');
    else
        what.base = rx_number(g);
    rx_expect(g, ',');
    what.offset = rx_number(g);
    rx_expect(g, ',');
    what.length = rx_number(g);
    g->rx_bad |= what.base != ABSOLUTE && what.base >= g->target->machine->register_count;
    struct item *item = g->rx_bad ? NULL : new_item(g, ITEM_MEMORY, sizeof what, offset);
    if (item)
        memcpy(item + 1, &what, sizeof what);
    return item;
}

/* X length,bytecode */
static struct item *rx_code(struct gdb *g, enum item_kind kind, uint32_t *offset)
{
    uint64_t length = rx_number(g);
    rx_expect(g, ',');
    g->rx_bad |= length > (g->rx_length - g->rx_cursor) / 2;
    struct item *item = g->rx_bad ? NULL : new_item(g, kind, length, offset);
    if (item)
        rx_hex(g, (uint8_t *)(item + 1), length);
    return item;
}

static struct item *rx_action(struct gdb *g, uint32_t *offset)
{
    if (rx_skip(g, 'R'))
        return rx_registers(g, offset);
    if (rx_skip(g, 'M'))
        return rx_memory(g, offset);
    rx_expect(g, 'X');
    return rx_code(g, ITEM_EXPRESSION, offset);
}

/* Items of one packet that are not yet the tracepoint's. */
struct chain {
    uint32_t first, last;
};

static void add_item(struct gdb *g, struct chain *chain, uint32_t offset)
{
    if (chain->last)
        gdb_item_at(&g->trace, chain->last)->next = offset;
    else
        chain->first = offset;
    chain->last = offset;
}

static void give(struct gdb *g, struct tracepoint *p, const struct chain *chain)
{
    struct item *last = p->last_item ? gdb_item_at(&g->trace, p->last_item) : NULL;
    if (!chain->first)
        return;
    *(last ? &last->next : &p->items) = chain->first;
    p->last_item = chain->last;
}

/* More is to come, or it is defined: then it may be hit at once. */
static enum outcome go_on(struct gdb *g, struct tracepoint *p, bool more)
{
    g->trace.open = more ? (uint32_t)((uint8_t *)p - g->trace.memory) : 0;
    const char *why = more ? NULL : gdb_trace_settle(g, p->address);
    return why ? gdb_trace_refuse(g, why) : gdb_ok(g);
}

static enum outcome no_room(struct gdb *g)
{
    return gdb_trace_refuse(g, "no room for more tracepoints: give the trace more memory");
}

/* QTDP:-n:address:[S]action... [-]: more of what the packet before has begun. */
static enum outcome define_actions(struct gdb *g)
{
    struct gdb_trace *t = &g->trace;
    uint32_t number, before = t->used, offset = 0;
    uint64_t address;
    struct chain chain = {0};
    if (!rx_tracepoint(g, &number, &address))
        return gdb_malformed(g);
    rx_expect(g, ':');
    struct tracepoint *p = gdb_tracepoint_find(g, number, address);
    if (!p)
        return gdb_trace_refuse(g, "there is no such tracepoint");
    bool step = rx_skip(g, 'S'), more = false, room = true;
    while (room && !g->rx_bad && !rx_end(g) && !(more = rx_skip(g, '-'))) {
        struct item *item = rx_action(g, &offset);
        room = item || g->rx_bad;
        if (!item)
            break;
        /* The steps' actions come last, and only the first of their packets says so. */
        item->step = step || (t->open && p->last_item && gdb_item_at(t, p->last_item)->step);
        add_item(g, &chain, offset);
    }
    if (!room || !rx_done(g)) {
        t->used = before;
        return room ? gdb_malformed(g) : no_room(g);
    }
    give(g, p, &chain);
    return go_on(g, p, more);
}

/* ---- tracepoints ---- */

static void add_tracepoint(struct gdb *g, struct tracepoint *p, uint32_t offset)
{
    struct gdb_trace *t = &g->trace;
    struct tracepoint *last = gdb_tracepoint_at(t, t->last), *other;
    uint32_t *link = gdb_trace_bucket(t, p->address);
    *(last ? &last->next : &t->first) = offset;
    t->last = offset;
    while ((other = gdb_tracepoint_at(t, *link)))
        link = &other->chain;
    *link = offset;
}

/* What may follow: ":Xlength,condition"; ":F" and ":S" ask for other kinds. NULL, or why not. */
static const char *rx_condition(struct gdb *g, struct chain *chain)
{
    uint32_t offset;
    while (!g->rx_bad && rx_skip(g, ':')) {
        if (rx_skip(g, 'F') || rx_skip(g, 'S'))
            return "fast and static tracepoints are not there: use trace";
        rx_expect(g, 'X');
        if (g->rx_bad)
            break;
        if (rx_code(g, ITEM_CONDITION, &offset))
            add_item(g, chain, offset);
        else if (!g->rx_bad)
            return "no room for another condition: give the trace more memory";
    }
    return NULL;
}

static void rx_head(struct gdb *g, struct tracepoint *p)
{
    rx_tracepoint(g, &p->number, &p->address);
    rx_expect(g, ':');
    p->enabled = rx_skip(g, 'E');
    if (!p->enabled)
        rx_expect(g, 'D');
    rx_expect(g, ':');
    uint64_t steps = rx_number(g);
    rx_expect(g, ':');
    uint64_t passes = rx_number(g);
    g->rx_bad |= p->number == 0 || steps > INT32_MAX || passes > INT32_MAX;
    p->steps = steps;
    p->passes = passes;
}

/* QTDP:n:address:E|D:steps:passes[:Xlength,condition][-] */
static enum outcome define(struct gdb *g)
{
    struct gdb_trace *t = &g->trace;
    struct tracepoint wanted = {0}, *p;
    struct chain chain = {0};
    uint32_t before = t->used, offset = 0;
    rx_head(g, &wanted);
    if (g->rx_bad)
        return gdb_malformed(g);
    if (gdb_tracepoint_find(g, wanted.number, wanted.address))
        return gdb_trace_refuse(g, "there is this tracepoint already: QTinit forgets all");
    if (wanted.steps && !g->target->can_trace_steps)
        return gdb_trace_refuse(g, "while-stepping is not there: collect at more tracepoints");
    p = gdb_trace_new(g, sizeof *p, &offset);
    const char *why = p ? rx_condition(g, &chain) : NULL;
    bool more = rx_skip(g, '-');
    if (!p || why || !rx_done(g)) {
        t->used = before;
        return why ? gdb_trace_refuse(g, why) : p ? gdb_malformed(g) : no_room(g);
    }
    *p = wanted;
    give(g, p, &chain);
    add_tracepoint(g, p, offset);
    return go_on(g, p, more);
}

enum outcome gdb_do_trace_define(struct gdb *g)
{
    if (!gdb_trace_open(g))
        return ANSWER;
    rx_expect(g, ':');
    return rx_skip(g, '-') ? define_actions(g) : define(g);
}

/* QTDPsrc:n:address:kind:start:length:hex: what the user has typed. */
enum outcome gdb_do_trace_source(struct gdb *g)
{
    uint32_t number, offset;
    uint64_t address;
    if (!gdb_trace_open(g))
        return ANSWER;
    rx_expect(g, ':');
    rx_tracepoint(g, &number, &address);
    rx_expect(g, ':');
    struct span kind = rx_word(g, ':');
    uint64_t start = rx_number(g);
    rx_expect(g, ':');
    uint64_t total = rx_number(g);
    rx_expect(g, ':');
    struct span text = rx_hex_rest(g);
    if (g->rx_bad || start > UINT32_MAX || total > UINT32_MAX)
        return gdb_malformed(g);
    struct tracepoint *p = gdb_tracepoint_find(g, number, address);
    if (!p)
        return gdb_trace_refuse(g, "there is no such tracepoint");
    struct item *item = new_item(g, ITEM_SOURCE, kind.length + text.length, &offset);
    if (!item)
        return no_room(g);
    item->text = kind.length;
    item->start = start;
    item->total = total;
    memcpy(item + 1, kind.start, kind.length);
    memcpy((uint8_t *)(item + 1) + kind.length, text.start, text.length);
    give(g, p, &(struct chain){offset, offset});
    return gdb_ok(g);
}

/* ---- variables, and what does not change ---- */

static struct variable_item *find_variable(const struct gdb *g, uint64_t number)
{
    struct variable_item *v;
    for (uint32_t at = g->trace.variables; (v = gdb_trace_at(&g->trace, at, sizeof *v));
         at = v->next)
        if (v->number == number)
            return v;
    return NULL;
}

/* QTDV:n:value:builtin:name: what it is from the start on. */
enum outcome gdb_do_trace_variable(struct gdb *g)
{
    if (!gdb_trace_open(g))
        return ANSWER;
    rx_expect(g, ':');
    uint64_t number = rx_number(g);
    rx_expect(g, ':');
    uint64_t initial = rx_number(g);
    rx_expect(g, ':');
    uint64_t builtin = rx_number(g);
    struct span name = {0};
    if (rx_skip(g, ':'))
        name = rx_hex_rest(g);
    if (!rx_done(g) || number > UINT16_MAX)
        return gdb_malformed(g);
    if (builtin && number == GDB_AGENT_CLOCK && gdb_trace_time(g))
        return gdb_ok(g); /* it has its own value */
    uint32_t offset = 0;
    struct variable_item *v = find_variable(g, number);
    int64_t *value = gdb_agent_variable(&g->variables, number, true);
    if (!value)
        return gdb_trace_refuse(g, "no room for another trace state variable");
    if (!v) {
        v = gdb_trace_new(g, sizeof *v + name.length, &offset);
        if (!v)
            return no_room(g);
        *v = (struct variable_item){.number = number, .builtin = builtin != 0,
                                    .length = name.length, .next = g->trace.variables};
        memcpy(v + 1, name.start, name.length);
        g->trace.variables = offset;
    }
    v->initial = *value = initial;
    return gdb_ok(g);
}

/* QTro:start,end:start,end...: where a frame that does not have it shows what is there now. */
enum outcome gdb_do_trace_constants(struct gdb *g)
{
    if (!gdb_trace_open(g))
        return ANSWER;
    uint32_t before = g->trace.used, list = 0, offset;
    while (!g->rx_bad && !rx_end(g)) {
        rx_expect(g, ':');
        uint64_t start = rx_number(g);
        rx_expect(g, ',');
        uint64_t end = rx_number(g);
        struct constant_item *c = gdb_trace_new(g, sizeof *c, &offset);
        if (!c)
            break;
        *c = (struct constant_item){.next = list, .start = start, .end = end};
        list = offset;
    }
    if (!rx_done(g)) {
        g->trace.used = before;
        return g->rx_bad ? gdb_malformed(g) : no_room(g);
    }
    g->trace.constants = list;
    return gdb_ok(g);
}
