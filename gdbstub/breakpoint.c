/*
 * breakpoint.c: Z and z (GDB manual, "Packets"): type,addr,kind.
 */
#include "core.h"

typedef struct gdb_error breakpoint_op(void *context, gdb_tid thread,
                                       const struct gdb_breakpoint *b);

/* A type that the machine does not have gets the empty reply, so that gdb can do without. */
static enum outcome apply(struct gdb *g, breakpoint_op *op)
{
    struct gdb_breakpoint b;
    uint64_t type = rx_number(g);
    rx_expect(g, ',');
    b.address = rx_number(g);
    rx_expect(g, ',');
    b.kind = rx_number(g);
    if (g->rx_bad)
        return gdb_malformed(g);
    if (type >= GDB_BREAKPOINT_TYPES || !(g->target->breakpoint_types & 1 << type) || !op)
        return ANSWER;
    b.type = type;
    if (op == g->target->insert && gdb_has_agents(g))
        return gdb_agents_insert(g, &b);
    /* Conditions and commands were not announced; to ignore one would stop where it must not. */
    if (rx_skip(g, ';'))
        return gdb_refuse(g, (struct gdb_error){GDB_E_ARGUMENT, "conditions are not supported"});
    if (!rx_end(g))
        return gdb_malformed(g);
    struct gdb_error error = op(g->context, gdb_thread_current(g), &b);
    if (!gdb_failed(error))
        gdb_agents_forget(g, &b);
    return gdb_done(g, error);
}

enum outcome gdb_do_insert(struct gdb *g)
{
    return apply(g, g->target->insert);
}

enum outcome gdb_do_remove(struct gdb *g)
{
    return apply(g, g->target->remove);
}
