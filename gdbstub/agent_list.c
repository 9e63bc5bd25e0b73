/*
 * agent_list.c: the conditions and commands that come with breakpoints (GDB manual, "Packets", Z0),
 * and what is to be done about a hit.
 *
 * They lie one behind the other in memory of the embedder's: a header, then the bytecode. Whoever
 * decides about a hit reads them while the machine runs; they only change while it is stopped.
 */
#include "agent.h"
#include "core.h"

struct header {
    uint64_t address;
    uint16_t length;
    uint8_t type; /* enum gdb_breakpoint_type */
    uint8_t command; /* 0: a condition. No bool: what was written over may be any byte */
};

static uint8_t *memory(const struct gdb *g, size_t *size)
{
    *size = 0;
    return g->target->agent_memory ? g->target->agent_memory(g->context, size) : NULL;
}

bool gdb_has_agents(const struct gdb *g)
{
    size_t size;
    return memory(g, &size) != NULL;
}

/* The entry at *at, which moves behind it. */
static bool next(const struct gdb *g, size_t *at, struct header *h, const uint8_t **code)
{
    size_t size;
    const uint8_t *bytes = memory(g, &size);
    if (*at + sizeof *h > g->agents_used || g->agents_used > size)
        return false;
    memcpy(h, bytes + *at, sizeof *h);
    *code = bytes + *at + sizeof *h;
    *at += sizeof *h + h->length;
    return *at <= g->agents_used;
}

static bool belongs(const struct header *h, const struct gdb_breakpoint *b)
{
    return h->type == b->type && h->address == b->address;
}

void gdb_agents_clear(struct gdb *g)
{
    g->agents_used = 0;
}

/* Take out what belongs to a breakpoint and begins before the end given. */
static void forget(struct gdb *g, const struct gdb_breakpoint *b, size_t end)
{
    size_t size, at = 0;
    uint8_t *bytes = memory(g, &size);
    const uint8_t *code;
    struct header h;
    for (size_t start = 0; start < end && next(g, &at, &h, &code); start = at) {
        if (!belongs(&h, b))
            continue;
        memmove(bytes + start, bytes + at, g->agents_used - at);
        g->agents_used -= at - start;
        end -= at - start;
        at = start;
    }
}

void gdb_agents_forget(struct gdb *g, const struct gdb_breakpoint *b)
{
    forget(g, b, g->agents_used);
}

/* Xlength,bytecode: appended. False if there is no room; rx_bad if it is malformed. */
static bool rx_code(struct gdb *g, const struct gdb_breakpoint *b, bool command)
{
    size_t size;
    uint8_t *bytes = memory(g, &size);
    uint64_t length = rx_number(g);
    rx_expect(g, ',');
    g->rx_bad |= length > g->packet_max / 2;
    if (g->rx_bad)
        return true;
    const struct header h = {b->address, length, b->type, command};
    if (size - g->agents_used < sizeof h + length)
        return false;
    rx_hex(g, bytes + g->agents_used + sizeof h, length);
    memcpy(bytes + g->agents_used, &h, sizeof h);
    g->agents_used += sizeof h + length;
    return true;
}

/* The rest of a Z packet: ";Xlength,code..." and ";cmds:persist,Xlength,code...". */
static bool rx_lists(struct gdb *g, const struct gdb_breakpoint *b)
{
    bool room = true;
    while (room && !g->rx_bad && !rx_end(g)) {
        bool command = false;
        rx_expect(g, ';');
        if (rx_skip(g, 'c')) {
            command = true;
            g->rx_bad |= !gdb_span_is(rx_word(g, ':'), "mds");
            rx_number(g); /* whether they outlive the client: its breakpoints do not */
            rx_expect(g, ',');
        }
        rx_expect(g, 'X');
        do
            room = rx_code(g, b, command);
        while (room && !g->rx_bad && rx_skip(g, 'X'));
    }
    return room;
}

/* What was there stays until the new breakpoint is set. */
enum outcome gdb_agents_insert(struct gdb *g, const struct gdb_breakpoint *b)
{
    size_t before = g->agents_used;
    struct gdb_error error = {GDB_E_ARGUMENT, "no room for another condition"};
    if (rx_lists(g, b) && !g->rx_bad)
        error = g->target->insert(g->context, gdb_thread_current(g), b);
    if (g->rx_bad || gdb_failed(error))
        g->agents_used = before;
    else
        forget(g, b, before);
    return g->rx_bad ? gdb_malformed(g) : gdb_done(g, error);
}

/* Conditions, one of which has to be true, or commands, all of which are run; or none. */
static bool run_all(struct gdb *g, const struct gdb_agent *agent, struct gdb_hit *hit,
                    bool commands)
{
    const uint8_t *code;
    struct header h;
    uint64_t value;
    bool any = false;
    for (size_t at = 0; !hit->wrong && next(g, &at, &h, &code);) {
        if (!belongs(&h, &hit->what) || (h.command != 0) != commands)
            continue;
        any = true;
        const struct gdb_agent_code bytes = {code, h.length};
        hit->wrong = gdb_agent_run(agent, bytes, &value, &hit->at);
        if (!commands && !hit->wrong && value)
            return true;
    }
    return commands ? any : !any;
}

/* gdb does not want to hear of a breakpoint that has commands: it is there for them. */
bool gdb_hit_stops(struct gdb *g, const struct gdb_agent *agent, struct gdb_hit *hit)
{
    hit->wrong = NULL;
    bool meant = run_all(g, agent, hit, false);
    if (!meant || hit->wrong)
        return hit->wrong != NULL;
    return !run_all(g, agent, hit, true) || hit->wrong;
}
