/*
 * trace_memory.c: definitions, one behind the other in the trace memory, and how they are found.
 */
#include "trace_core.h"

#define TRACE_MAX  0x40000000u /* offsets and sizes are 32 bits */
#define FIRST      8u          /* offset 0 is none */

bool gdb_has_trace(const struct gdb *g)
{
    return g->target->trace_memory != NULL;
}

enum outcome gdb_trace_refuse(struct gdb *g, const char *why)
{
    return gdb_refuse(g, (struct gdb_error){GDB_E_ARGUMENT, why});
}

bool gdb_trace_open(struct gdb *g)
{
    struct gdb_trace *t = &g->trace;
    size_t size = 0;
    if (!t->memory && gdb_has_trace(g)) {
        t->memory = g->target->trace_memory(g->context, &size);
        t->size = t->limit = size < TRACE_MAX ? size : TRACE_MAX;
        t->used = FIRST;
    }
    if (!t->memory && gdb_has_trace(g))
        gdb_trace_refuse(g, "there is no memory for a trace, or not before the kernel boots on");
    return t->memory;
}

void *gdb_trace_new(struct gdb *g, size_t n, uint32_t *offset)
{
    struct gdb_trace *t = &g->trace;
    n = (n + 7) / 8 * 8;
    if (t->used > t->limit || n > t->limit - t->used)
        return NULL;
    *offset = t->used;
    t->used += n;
    return memset(t->memory + *offset, 0, n);
}

void *gdb_trace_at(const struct gdb_trace *t, uint32_t offset, size_t n)
{
    if (offset < FIRST || offset % 8 || offset > t->used || n > t->used - offset)
        return NULL;
    return t->memory + offset;
}

/* What is behind leads on, or nowhere. */
struct tracepoint *gdb_tracepoint_at(const struct gdb_trace *t, uint32_t offset)
{
    struct tracepoint *p = gdb_trace_at(t, offset, sizeof *p);
    bool sound = p && (!p->next || p->next > offset) && (!p->chain || p->chain > offset);
    return sound ? p : NULL;
}

struct item *gdb_item_at(const struct gdb_trace *t, uint32_t offset)
{
    struct item *item = gdb_trace_at(t, offset, sizeof *item);
    if (!item || (item->next && item->next <= offset) ||
        !gdb_trace_at(t, offset, sizeof *item + (size_t)item->length))
        return NULL;
    return item;
}

uint32_t *gdb_trace_bucket(struct gdb_trace *t, uint64_t address)
{
    return &t->buckets[(address ^ address >> 5 ^ address >> 10) % GDB_TRACE_BUCKETS];
}

struct tracepoint *gdb_tracepoint_find(const struct gdb *g, uint32_t number, uint64_t address)
{
    struct tracepoint *p;
    for (uint32_t at = g->trace.first; (p = gdb_tracepoint_at(&g->trace, at)); at = p->next)
        if (p->number == number && p->address == address)
            return p;
    return NULL;
}

bool rx_tracepoint(struct gdb *g, uint32_t *number, uint64_t *address)
{
    uint64_t n = rx_number(g);
    g->rx_bad |= n > INT32_MAX;
    *number = n;
    rx_expect(g, ':');
    *address = rx_number(g);
    return !g->rx_bad;
}

struct tracepoint *rx_defined(struct gdb *g)
{
    uint32_t number;
    uint64_t address;
    if (!gdb_trace_open(g))
        return NULL;
    rx_expect(g, ':');
    rx_tracepoint(g, &number, &address);
    if (!rx_done(g)) {
        gdb_malformed(g);
        return NULL;
    }
    struct tracepoint *p = gdb_tracepoint_find(g, number, address);
    if (!p)
        gdb_trace_refuse(g, "there is no such tracepoint");
    return p;
}
