/*
 * stop.c: the stop reply, sent when a machine that was resumed stops, and as answer to ? (GDB
 * manual, "Stop Reply Packets").
 */
#include "core.h"

static void tx_watch(struct gdb *g, const char *kind)
{
    tx_string(g, kind);
    tx_number(g, g->last_stop.address);
    tx_byte(g, ';');
}

/* swbreak and hwbreak only to a client that said it knows them: they change what pc means. */
static void tx_reason(struct gdb *g)
{
    switch (g->last_stop.reason) {
    case GDB_STOP_SIGNAL:
        break;
    case GDB_STOP_SWBREAK:
        if (g->swbreak)
            tx_string(g, "swbreak:;");
        break;
    case GDB_STOP_HWBREAK:
        if (g->hwbreak)
            tx_string(g, "hwbreak:;");
        break;
    case GDB_STOP_WATCH:
        tx_watch(g, "watch:");
        break;
    case GDB_STOP_RWATCH:
        tx_watch(g, "rwatch:");
        break;
    case GDB_STOP_AWATCH:
        tx_watch(g, "awatch:");
        break;
    case GDB_STOP_LIBRARY:
        tx_string(g, "library:;");
        break;
    }
}

bool gdb_stop_is_step(const struct gdb *g)
{
    return g->last_stop.reason == GDB_STOP_SIGNAL && g->last_stop.signal == GDB_SIGTRAP;
}

/* The stop in a word, as lldb has it; "trap" leaves it to lldb to see whether it was a step. */
const char *gdb_stop_reason(const struct gdb *g)
{
    switch (g->last_stop.reason) {
    case GDB_STOP_SWBREAK:
    case GDB_STOP_HWBREAK:
        return "breakpoint";
    case GDB_STOP_WATCH:
    case GDB_STOP_RWATCH:
    case GDB_STOP_AWATCH:
        return "watchpoint";
    default:
        return g->last_stop.signal == GDB_SIGTRAP ? "trap" : "signal";
    }
}

/* Registers come with it so that the client need not ask for them after each step. */
void gdb_tx_stop_reply(struct gdb *g)
{
    struct gdb_thread_info info;
    gdb_tid thread = gdb_thread_stopped(g);

    tx_byte(g, 'T');
    tx_hex_byte(g, gdb_stop_signal(g));
    gdb_tx_expedited(g, thread);
    tx_string(g, "thread:");
    tx_thread(g, thread);
    tx_byte(g, ';');
    if (gdb_thread_info(g, thread, &info) && info.core >= 0) {
        tx_string(g, "core:");
        tx_number(g, info.core);
        tx_byte(g, ';');
    }
    tx_reason(g);
    if (g->threads_in_stop)
        gdb_tx_threads(g);
}

/* ? : why is the machine stopped. lldb is also told that there are files to be had. */
enum outcome gdb_do_status(struct gdb *g)
{
    if (!rx_end(g))
        return gdb_malformed(g);
    gdb_tx_stop_reply(g);
    g->stop_known = true; /* to a client that has just attached as well */
    if (gdb_introduces(g))
        tx_string(g, "library:1;");
    return ANSWER;
}
