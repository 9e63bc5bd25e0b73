/*
 * trace_collect.c: a tracepoint was hit. On the processor that was hit, with the others running.
 */
#include "trace_core.h"

static void count(uint32_t *counter, uint32_t n)
{
    __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

/* ---- pieces of data ---- */

/* Those that can be had, with the mask of them in front. */
static void collect_registers(const struct gdb_agent *agent, const struct gdb_machine *machine,
                              const struct item *item)
{
    const uint8_t *wanted = (const uint8_t *)(item + 1);
    uint32_t bits = 8 * item->length, size = item->length, n = 0;
    if (bits > machine->register_count)
        bits = machine->register_count;
    for (uint32_t i = 0; i < bits; i++)
        size += wanted[i / 8] >> i % 8 & 1 ? machine->registers[i].bits / 8 : 0;
    struct gdb_block *block = gdb_frame_block(agent->frame, 'R', size);
    if (!block)
        return;
    uint8_t *mask = (uint8_t *)(block + 1), *value = mask + item->length;
    memset(mask, 0, item->length);
    block->number = item->length;
    for (uint32_t i = 0; i < bits; i++) {
        if (!(wanted[i / 8] >> i % 8 & 1) || !agent->raw_register(agent->context, i, value + n))
            continue;
        mask[i / 8] |= 1u << i % 8;
        n += machine->registers[i].bits / 8;
    }
    gdb_frame_cut(agent->frame, block, item->length + n);
}

/* As far as it can be read: a block for each piece. */
bool gdb_agent_trace(const struct gdb_agent *agent, uint64_t address, uint64_t n)
{
    for (n = n ? gdb_clamp(address, n) : 0; n;) {
        uint32_t piece = n < UINT16_MAX ? n : UINT16_MAX;
        struct gdb_block *block = gdb_frame_piece(agent->frame, 'M', &piece);
        if (!block)
            return true; /* lost, but not unreadable */
        block->value = address;
        uint32_t done = agent->copy_memory(agent->context, address, block + 1, piece);
        gdb_frame_cut(agent->frame, block, done);
        if (done < piece)
            return false;
        address += piece;
        n -= piece;
    }
    return true;
}

static uint32_t text_length(const uint8_t *text, uint32_t n)
{
    uint32_t i = 0;
    while (i < n && text[i])
        i++;
    return i < n ? i + 1 : n;
}

/* Up to the 0 at its end, with it. */
bool gdb_agent_trace_text(const struct gdb_agent *agent, uint64_t address, uint64_t limit)
{
    for (uint64_t n = limit ? gdb_clamp(address, limit) : 0; n;) {
        uint32_t piece = n < 64 ? n : 64;
        struct gdb_block *block = gdb_frame_piece(agent->frame, 'M', &piece);
        if (!block)
            return true;
        const uint8_t *text = (const uint8_t *)(block + 1);
        block->value = address;
        uint32_t got = agent->copy_memory(agent->context, address, block + 1, piece);
        uint32_t length = text_length(text, got);
        gdb_frame_cut(agent->frame, block, length);
        if (length && text[length - 1] == '\0')
            return true;
        if (got < piece)
            return false;
        address += piece;
        n -= piece;
    }
    return true;
}

void gdb_agent_trace_variable(const struct gdb_agent *agent, uint16_t number)
{
    struct gdb_block *block = gdb_frame_block(agent->frame, 'V', 0);
    if (!block)
        return;
    block->number = number;
    block->value = gdb_agent_value(agent, number);
}

/* ---- actions ---- */

static bool collect_memory(const struct gdb_agent *agent, const struct item *item)
{
    const struct memory_item *what = (const struct memory_item *)(item + 1);
    uint64_t base = 0;
    if (item->length < sizeof *what)
        return true;
    if (what->base != ABSOLUTE && !agent->read_register(agent->context, what->base, &base))
        return false;
    return gdb_agent_trace(agent, base + what->offset, what->length);
}

static struct gdb_agent_code code_of(const struct item *item)
{
    return (struct gdb_agent_code){(const uint8_t *)(item + 1), item->length};
}

/* NULL, or what is wrong with it. */
static const char *act(const struct gdb *g, const struct gdb_agent *agent, const struct item *item)
{
    uint64_t value;
    size_t at;
    switch (item->kind) {
    case ITEM_REGISTERS:
        collect_registers(agent, g->target->machine, item);
        return NULL;
    case ITEM_MEMORY:
        return collect_memory(agent, item) ? NULL : gdb_agent_no_memory;
    case ITEM_EXPRESSION:
        return gdb_agent_run(agent, code_of(item), &value, &at);
    default:
        return NULL;
    }
}

static void end_wrong(struct gdb *g, const struct tracepoint *p, const char *wrong)
{
    g->trace.wrong = wrong;
    gdb_trace_end(g, GDB_TRACE_WRONG, p->number);
}

/* What cannot be read is not in the frame, and that is all. */
static void act_all(struct gdb *g, const struct gdb_agent *agent, const struct tracepoint *p,
                    bool step)
{
    const struct item *item;
    for (uint32_t at = p->items; (item = gdb_item_at(&g->trace, at)); at = item->next) {
        const char *wrong = item->step == step ? act(g, agent, item) : NULL;
        if (wrong == gdb_agent_no_memory)
            count(&g->trace.unreadable, 1);
        else if (wrong)
            end_wrong(g, p, wrong);
    }
}

/* ---- a frame ---- */

static void no_room(struct gdb *g)
{
    count(&g->trace.lost, 1);
    if (!g->trace.ring.circular)
        gdb_trace_end(g, GDB_TRACE_FULL, 0);
}

static void collect(struct gdb *g, const struct gdb_agent *agent, struct tracepoint *p, bool step)
{
    struct gdb_frame_head head = {.tracepoint = p->number};
    struct gdb_frame_writer writer;
    struct gdb_agent its = *agent;
    its.frame = &writer;
    agent->read_register(agent->context, g->target->machine->pc, &head.pc);
    if (gdb_frame_begin(&writer, &g->trace.ring, p->hint))
        act_all(g, &its, p, step);
    gdb_frame_end(&writer, &head);
    if (writer.lost) {
        no_room(g);
        return;
    }
    count(&p->usage, writer.bytes);
    if (writer.data > p->hint)
        p->hint = writer.data;
}

/* ---- a hit ---- */

static bool runs(const struct gdb_trace *t)
{
    return __atomic_load_n(&t->state, __ATOMIC_SEQ_CST) == GDB_TRACE_RUNNING;
}

/* A condition that cannot be evaluated ends all tracing: it would be false for ever. */
static bool holds(struct gdb *g, const struct gdb_agent *agent, const struct tracepoint *p)
{
    const struct item *item = gdb_item_at(&g->trace, p->items);
    uint64_t value;
    size_t at;
    if (!item || item->kind != ITEM_CONDITION)
        return true;
    const char *wrong = gdb_agent_run(agent, code_of(item), &value, &at);
    if (wrong)
        end_wrong(g, p, wrong);
    return !wrong && value;
}

/* A hit is done with. The last one that is wanted ends all tracing. */
static void pass(struct gdb *g, const struct tracepoint *p)
{
    if (p->passes && __atomic_load_n(&p->hits, __ATOMIC_RELAXED) >= p->passes)
        gdb_trace_end(g, GDB_TRACE_PASSES, p->number);
}

static bool hit(struct gdb *g, const struct gdb_agent *agent, struct tracepoint *p)
{
    if (!p->enabled || !holds(g, agent, p))
        return false;
    uint32_t hits = __atomic_add_fetch(&p->hits, 1, __ATOMIC_RELAXED);
    if (p->passes && hits > p->passes)
        return false;
    collect(g, agent, p, false);
    if (!p->steps)
        pass(g, p);
    return true;
}

bool gdb_trace_hit(struct gdb *g, const struct gdb_agent *agent, uint64_t address,
                   struct gdb_trace_walk *walk)
{
    struct gdb_trace *t = &g->trace;
    struct tracepoint *p;
    uint32_t bit = 1;
    *walk = (struct gdb_trace_walk){.address = address, .run = t->ring.salt};
    __atomic_fetch_add(&t->writers, 1, __ATOMIC_SEQ_CST);
    uint32_t at = runs(t) ? *gdb_trace_bucket(t, address) : 0;
    for (; (p = gdb_tracepoint_at(t, at)); at = p->chain) {
        if (p->address != address)
            continue;
        if (hit(g, agent, p) && p->steps) {
            walk->which |= bit;
            walk->steps = p->steps > walk->steps ? p->steps : walk->steps;
        }
        bit <<= 1;
    }
    __atomic_fetch_sub(&t->writers, 1, __ATOMIC_SEQ_CST);
    return walk->steps;
}

/* ---- while-stepping ---- */

static bool is_of_now(const struct gdb_trace *t, const struct gdb_trace_walk *walk)
{
    return runs(t) && walk->run == t->ring.salt;
}

bool gdb_trace_step(struct gdb *g, const struct gdb_agent *agent, struct gdb_trace_walk *walk)
{
    struct gdb_trace *t = &g->trace;
    struct tracepoint *p;
    uint32_t bit = 1;
    walk->done++;
    __atomic_fetch_add(&t->writers, 1, __ATOMIC_SEQ_CST);
    bool on = is_of_now(t, walk);
    uint32_t at = on ? *gdb_trace_bucket(t, walk->address) : 0;
    for (; (p = gdb_tracepoint_at(t, at)); at = p->chain) {
        if (p->address != walk->address)
            continue;
        if ((walk->which & bit) && p->steps >= walk->done)
            collect(g, agent, p, true);
        if ((walk->which & bit) && p->steps == walk->done)
            pass(g, p);
        bit <<= 1;
    }
    __atomic_fetch_sub(&t->writers, 1, __ATOMIC_SEQ_CST);
    return on && walk->done < walk->steps;
}

void gdb_trace_abandon(struct gdb *g, const struct gdb_trace_walk *walk)
{
    struct gdb_trace *t = &g->trace;
    struct tracepoint *p;
    uint32_t bit = 1, at = is_of_now(t, walk) ? *gdb_trace_bucket(t, walk->address) : 0;
    for (; (p = gdb_tracepoint_at(t, at)); at = p->chain) {
        if (p->address != walk->address)
            continue;
        if ((walk->which & bit) && p->steps > walk->done) {
            count(&t->lost, p->steps - walk->done);
            pass(g, p);
        }
        bit <<= 1;
    }
}
