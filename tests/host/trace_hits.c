/* trace_hits.c: see trace_hits.h. */
#include "trace_hits.h"

#include "trace.h"

#include <stdlib.h>
#include <string.h>

static bool raw_register(void *context, unsigned regnum, uint8_t *out)
{
    struct machine *m = context;
    return m->target.read_register(m, 1, regnum, out);
}

static bool read_register(void *context, unsigned regnum, uint64_t *value)
{
    uint8_t bytes[GDB_REGISTER_MAX] = {0};
    size_t n;
    if (!machine_register(context, 1, regnum, &n) || n > sizeof *value ||
        !raw_register(context, regnum, bytes))
        return false;
    memcpy(value, bytes, sizeof *value);
    return true;
}

static size_t copy_memory(void *context, uint64_t address, void *out, size_t n)
{
    struct machine *m = context;
    return m->target.read_memory(m, 1, address, out, n);
}

static bool read_memory(void *context, uint64_t address, void *out, size_t n)
{
    return address <= UINT64_MAX - n && copy_memory(context, address, out, n) == n;
}

static void print(void *context, const char *text, size_t n)
{
    (void)context, (void)text, (void)n;
}

struct gdb_agent trace_agent(struct gdb *g, struct machine *m)
{
    return (struct gdb_agent){.context = m,
                              .read_register = read_register,
                              .read_memory = read_memory,
                              .print = print,
                              .variables = &g->variables,
                              .raw_register = raw_register,
                              .copy_memory = copy_memory};
}

void trace_hits(struct gdb *g, struct machine *m)
{
    const struct gdb_agent agent = trace_agent(g, m);
    for (uint32_t i = 0; i < m->state.breakpoint_count; i++) {
        struct gdb_trace_walk walk;
        unsigned steps = 0;
        if (m->state.breakpoints[i].type != GDB_TRACEPOINT ||
            !gdb_trace_hit(g, &agent, m->state.breakpoints[i].address, &walk))
            continue;
        while (steps++ < 8 && gdb_trace_step(g, &agent, &walk))
            ;
    }
}
