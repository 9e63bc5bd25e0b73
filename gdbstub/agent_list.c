/*
 * agent_list.c: the conditions and commands that come with breakpoints (GDB manual, "Packets", Z0),
 * and what is to be done about a hit.
 *
 * They lie one behind the other in memory of the embedder's: a header, then the bytecode. Behind
 * are buckets by address, so that a hit costs the same with one of them and with thousands. Whoever
 * decides about a hit reads them while the machine runs; they only change while it is stopped.
 */
#include "agent.h"
#include "core.h"

#define NONE UINT32_MAX
#define DEAD 0xff /* a type: it is out of its bucket, and its room is had by tidy() */

struct header {
    uint64_t address;
    uint32_t next; /* of the same bucket; it lies further on, or it is none */
    uint16_t length;
    uint8_t type; /* enum gdb_breakpoint_type, or DEAD */
    uint8_t command; /* 0: a condition. No bool: what was written over may be any byte */
};

struct record {
    struct header header;
    size_t at, end;
    const uint8_t *code;
};

struct memory {
    uint8_t *bytes;
    size_t size; /* without the buckets, which follow */
    unsigned bits; /* 2^bits of them, each for 256 bytes at most: some 6 records */
};

static struct memory memory_of(const struct gdb *g)
{
    struct memory m = {NULL, 0, 0};
    if (g->target->agent_memory)
        m.bytes = g->target->agent_memory(g->context, &m.size);
    m.bits = 63 - __builtin_clzll(m.size >> 7 | 1);
    size_t buckets = sizeof(uint32_t) << m.bits;
    m.size = m.bytes && m.size > buckets ? m.size - buckets : 0;
    return m;
}

bool gdb_has_agents(const struct gdb *g)
{
    return memory_of(g).bytes != NULL;
}

/* Fibonacci hashing: neighbours are spread, by the upper bits of the product. */
static size_t bucket_of(const struct memory *m, uint64_t address)
{
    uint64_t spread = address * 0x9e3779b97f4a7c15 >> 32;
    return m->size + sizeof(uint32_t) * (spread >> (32 - m->bits));
}

static uint32_t first(const struct gdb *g, uint64_t address)
{
    const struct memory m = memory_of(g);
    uint32_t at = NONE;
    if (g->agents_used)
        memcpy(&at, m.bytes + bucket_of(&m, address), sizeof at);
    return at;
}

/* The record at an offset. All of it is checked: the kernel may have written over it. */
static bool read_record(const struct gdb *g, size_t at, struct record *r)
{
    const struct memory m = memory_of(g);
    if (g->agents_used > m.size || at > g->agents_used || g->agents_used - at < sizeof r->header)
        return false;
    memcpy(&r->header, m.bytes + at, sizeof r->header);
    r->at = at;
    r->code = m.bytes + at + sizeof r->header;
    r->end = at + sizeof r->header + r->header.length;
    return r->end <= g->agents_used;
}

/* No way leads back, so that each ends. */
static uint32_t next(const struct record *r)
{
    return r->header.next > r->at ? r->header.next : NONE;
}

static bool belongs(const struct record *r, const struct gdb_breakpoint *b)
{
    return r->header.type == b->type && r->header.address == b->address;
}

void gdb_agents_clear(struct gdb *g)
{
    g->agents_used = g->agents_dead = 0;
}

/* Last in its bucket: those of one breakpoint keep their order. */
static void enter(struct gdb *g, const struct record *new)
{
    const struct memory m = memory_of(g);
    uint64_t address = new->header.address;
    uint32_t place = new->at, none = NONE;
    size_t link = bucket_of(&m, address);
    struct record r;
    if (place == 0)
        memset(m.bytes + m.size, 0xff, sizeof none << m.bits);
    memcpy(m.bytes + place + offsetof(struct header, next), &none, sizeof none);
    for (uint32_t at = first(g, address); read_record(g, at, &r); at = next(&r))
        link = at + offsetof(struct header, next);
    memcpy(m.bytes + link, &place, sizeof place);
}

static void enter_from(struct gdb *g, size_t at)
{
    struct record r;
    for (; read_record(g, at, &r); at = r.end)
        enter(g, &r);
}

/* What belongs to a breakpoint is taken out of its bucket. */
void gdb_agents_forget(struct gdb *g, const struct gdb_breakpoint *b)
{
    const struct memory m = memory_of(g);
    size_t link = bucket_of(&m, b->address);
    struct record r;
    for (uint32_t at = first(g, b->address); read_record(g, at, &r); at = next(&r)) {
        if (!belongs(&r, b)) {
            link = at + offsetof(struct header, next);
            continue;
        }
        memcpy(m.bytes + link, &r.header.next, sizeof r.header.next);
        m.bytes[at + offsetof(struct header, type)] = DEAD;
        g->agents_dead += r.end - at;
    }
    if (g->agents_dead >= g->agents_used)
        gdb_agents_clear(g);
}

/* Close the gaps that the dead have left. */
static void tidy(struct gdb *g)
{
    const struct memory m = memory_of(g);
    size_t to = 0;
    struct record r;
    for (size_t at = 0; read_record(g, at, &r); at = r.end) {
        if (r.header.type == DEAD)
            continue;
        memmove(m.bytes + to, m.bytes + at, r.end - at);
        to += r.end - at;
    }
    g->agents_used = to;
    g->agents_dead = 0;
    enter_from(g, 0);
}

/* Xlength,bytecode: appended. False if there is no room; rx_bad if it is malformed. */
static bool rx_code(struct gdb *g, const struct gdb_breakpoint *b, bool command)
{
    const struct memory m = memory_of(g);
    uint64_t length = rx_number(g);
    rx_expect(g, ',');
    g->rx_bad |= length > g->packet_max / 2;
    if (g->rx_bad)
        return true;
    const struct header h = {b->address, NONE, length, b->type, command};
    if (m.size < g->agents_used + sizeof h + length)
        return false;
    rx_hex(g, m.bytes + g->agents_used + sizeof h, length);
    memcpy(m.bytes + g->agents_used, &h, sizeof h);
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

/* For what this packet can hold at most: "X1,27" becomes a header and a byte. */
static void make_room(struct gdb *g)
{
    if (g->agents_dead && memory_of(g).size < g->agents_used + 4ull * g->rx_length)
        tidy(g);
}

static void replace(struct gdb *g, const struct gdb_breakpoint *b, size_t at)
{
    if (at > 0)
        gdb_agents_forget(g, b);
    enter_from(g, at);
}

/* What was there stays until the new breakpoint is set. */
enum outcome gdb_agents_insert(struct gdb *g, const struct gdb_breakpoint *b)
{
    struct gdb_error error = {GDB_E_ARGUMENT, "no room for another condition"};
    make_room(g);
    size_t before = g->agents_used;
    if (rx_lists(g, b) && !g->rx_bad)
        error = g->target->insert(g->context, gdb_thread_current(g), b);
    if (g->rx_bad || gdb_failed(error))
        g->agents_used = before;
    else
        replace(g, b, before);
    return g->rx_bad ? gdb_malformed(g) : gdb_done(g, error);
}

/* Conditions, one of which has to be true, or commands, all of which are run; or none. */
static bool run_all(struct gdb *g, const struct gdb_agent *agent, struct gdb_hit *hit,
                    bool commands)
{
    struct record r;
    uint64_t value;
    bool any = false;
    uint32_t at = first(g, hit->what.address);
    for (; !hit->wrong && read_record(g, at, &r); at = next(&r)) {
        if (!belongs(&r, &hit->what) || (r.header.command != 0) != commands)
            continue;
        any = true;
        const struct gdb_agent_code code = {r.code, r.header.length};
        hit->wrong = gdb_agent_run(agent, code, &value, &hit->at);
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
