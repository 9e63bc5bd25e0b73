/*
 * query.c: what client and stub agree on. Announced is what the target has, and nothing else.
 */
#include "core.h"

/* Take note of one feature of the client's. */
static void note_feature(struct gdb *g, struct span feature)
{
    if (gdb_span_is(feature, "multiprocess+"))
        g->multiprocess = true;
    else if (gdb_span_is(feature, "swbreak+"))
        g->swbreak = true;
    else if (gdb_span_is(feature, "hwbreak+"))
        g->hwbreak = true;
    else if (gdb_span_is(feature, "error-message+"))
        g->error_message = true;
}

static void tx_objects(struct gdb *g)
{
    for (size_t i = 0; i < gdb_object_count; i++) {
        if (gdb_objects[i].offered && !gdb_objects[i].offered(g))
            continue;
        tx_string(g, ";qXfer:");
        tx_string(g, gdb_objects[i].name);
        tx_string(g, ":read+");
    }
}

/*
 * qSupported[:feature;feature...]. In no-ack mode it may be a client's second (lldb 22 sends one),
 * which takes nothing back; with acks it may as well be another client's first.
 */
enum outcome gdb_do_supported(struct gdb *g)
{
    if (!g->no_ack)
        g->multiprocess = g->swbreak = g->hwbreak = g->error_message = false;
    g->greeted = true;
    for (rx_skip(g, ':'); !rx_end(g);)
        note_feature(g, rx_word(g, ';'));

    tx_string(g, "PacketSize=");
    tx_number(g, g->packet_max);
    tx_string(g, ";QStartNoAckMode+;vContSupported+;multiprocess+");
    if (g->target->breakpoint_types & 1 << GDB_BREAK_SOFTWARE)
        tx_string(g, ";swbreak+");
    if (g->target->breakpoint_types & 1 << GDB_BREAK_HARDWARE)
        tx_string(g, ";hwbreak+");
    if (g->dialect == GDB_DIALECT_GDB)
        tx_string(g, ";binary-upload+");
    if (g->dialect == GDB_DIALECT_GDB && gdb_has_agents(g))
        tx_string(g, ";ConditionalBreakpoints+;BreakpointCommands+");
    gdb_tx_trace_features(g);
    tx_objects(g);
    return ANSWER;
}

/*
 * The client acknowledges the OK, and nothing after it. lldb begins with this packet, gdb with
 * qSupported.
 */
enum outcome gdb_do_no_ack(struct gdb *g)
{
    if (!rx_end(g))
        return gdb_malformed(g);
    if (!g->greeted)
        g->dialect = GDB_DIALECT_LLDB;
    g->no_ack_fresh = !g->no_ack;
    g->no_ack = true;
    return gdb_ok(g);
}

/* qSymbol:: offers to look up symbols for us; we need none. */
enum outcome gdb_do_symbol(struct gdb *g)
{
    return gdb_ok(g);
}
