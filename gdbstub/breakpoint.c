/*
 * breakpoint.c: Z and z (GDB manual, "Packets"): type,addr,kind.
 */
#include "core.h"

typedef struct gdb_error breakpoint_op(void *context, gdb_tid thread,
                                       const struct gdb_breakpoint *b);

/* A type that the machine does not have gets the empty reply, so that gdb can do without. */
static enum outcome apply(struct gdb *g, breakpoint_op *op)
{
    uint64_t type;
    struct gdb_breakpoint b;
    if (!rx_number(g, &type) || !rx_skip(g, ',') || !rx_pair(g, &b.address, &b.kind))
        return gdb_fail(g, GDB_E_MALFORMED);
    if (type >= GDB_BREAKPOINT_TYPES || !(g->target->breakpoint_types & 1 << type) || !op)
        return ANSWER;
    /* Conditions and commands were not announced; to ignore one would stop where it must not. */
    if (rx_skip(g, ';'))
        return gdb_refuse(g, (struct gdb_error){GDB_E_ARGUMENT, "conditions are not supported"});
    if (!rx_end(g))
        return gdb_fail(g, GDB_E_MALFORMED);
    b.type = type;
    struct gdb_error error = op(g->context, gdb_thread_current(g), &b);
    return gdb_failed(error) ? gdb_refuse(g, error) : gdb_ok(g);
}

enum outcome gdb_do_insert(struct gdb *g)
{
    return apply(g, g->target->insert);
}

enum outcome gdb_do_remove(struct gdb *g)
{
    return apply(g, g->target->remove);
}
