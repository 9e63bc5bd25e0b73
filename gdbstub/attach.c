/*
 * attach.c: coming and going. There is one process, 1, and it is always there: to kill it is to
 * let it run (VS Code's Stop button is a vKill), to attach is to see where it stands.
 */
#include "core.h"

/*
 * The process that D, vKill and so on name behind a separator; if it may be left out, 1 is meant.
 * False, with the error in the reply, if it is any other.
 */
static bool rx_process(struct gdb *g, char separator, bool optional)
{
    uint64_t process = 1;
    if (!optional || !rx_end(g)) {
        rx_expect(g, separator);
        process = rx_number(g);
    }
    if (!rx_done(g))
        gdb_malformed(g);
    else if (process != 1)
        gdb_fail(g, GDB_E_ARGUMENT);
    else
        return true;
    return false;
}

/* Breakpoints out, everything runs; what the client reads before is in the reply already. */
static enum outcome leave(struct gdb *g)
{
    gdb_client_left(g);
    gdb_saved_forget(g);
    if (g->target->detach)
        g->target->detach(g->context);
    struct gdb_error error = gdb_resume_all(g);
    return gdb_failed(error) ? gdb_error(g, error) : LEAVE;
}

/* ! : the connection stays when the client leaves the process (extended-remote). */
enum outcome gdb_do_extended(struct gdb *g)
{
    if (!rx_end(g))
        return gdb_malformed(g);
    g->extended = true;
    return gdb_ok(g);
}

/* qAttached[:process]: 1, so that gdb detaches when it quits and does not kill. */
enum outcome gdb_do_attached(struct gdb *g)
{
    if (rx_process(g, ':', true))
        tx_byte(g, '1');
    return ANSWER;
}

/* vAttach;process: the stop reply is the answer. */
enum outcome gdb_do_attach(struct gdb *g)
{
    if (rx_process(g, ';', false))
        gdb_tx_stop_reply(g);
    return ANSWER;
}

/* D, D;process */
enum outcome gdb_do_detach(struct gdb *g)
{
    if (!rx_process(g, ';', true))
        return ANSWER;
    gdb_ok(g);
    return leave(g);
}

/* vKill;process */
enum outcome gdb_do_kill_process(struct gdb *g)
{
    if (!rx_process(g, ';', false))
        return ANSWER;
    gdb_ok(g);
    return leave(g);
}

/* k: gdb reads no reply, lldb up to 19 waits for one when it quits. */
enum outcome gdb_do_kill(struct gdb *g)
{
    if (!rx_end(g))
        return gdb_malformed(g);
    if (g->dialect == GDB_DIALECT_LLDB)
        tx_string(g, "X09");
    return leave(g);
}
