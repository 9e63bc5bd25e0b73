/*
 * attach.c: coming and going. There is one process, 1, and it is always there: to kill it is to
 * let it run (VS Code's Stop button is a vKill), to attach is to see where it stands.
 */
#include "core.h"

/* The process that D, vKill and so on name: hex, but 1 as any number of digits. */
static uint8_t rx_process(struct gdb *g)
{
    uint64_t process;
    if (!rx_number(g, &process) || !rx_end(g))
        return GDB_E_MALFORMED;
    return process == 1 ? 0 : GDB_E_ARGUMENT;
}

/* Breakpoints out, everything runs; what the client reads before is in the reply already. */
static enum outcome leave(struct gdb *g)
{
    if (g->target->detach)
        g->target->detach(g->context);
    struct gdb_error error = gdb_resume_all(g);
    return gdb_failed(error) ? gdb_error(g, error) : LEAVE;
}

/* ! : the connection stays when the client leaves the process (extended-remote). */
enum outcome gdb_do_extended(struct gdb *g)
{
    if (!rx_end(g))
        return gdb_fail(g, GDB_E_MALFORMED);
    g->extended = true;
    return gdb_ok(g);
}

/* qAttached[:process]: 1, so that gdb detaches when it quits and does not kill. */
enum outcome gdb_do_attached(struct gdb *g)
{
    uint8_t code = rx_skip(g, ':') ? rx_process(g) : 0;
    if (code)
        return gdb_fail(g, code);
    tx_byte(g, '1');
    return ANSWER;
}

/* vAttach;process: the stop reply is the answer. */
enum outcome gdb_do_attach(struct gdb *g)
{
    uint8_t code = rx_skip(g, ';') ? rx_process(g) : GDB_E_MALFORMED;
    if (code)
        return gdb_fail(g, code);
    gdb_tx_stop_reply(g);
    return ANSWER;
}

/* D, D;process */
enum outcome gdb_do_detach(struct gdb *g)
{
    uint8_t code = 0;
    if (!rx_end(g))
        code = rx_skip(g, ';') ? rx_process(g) : GDB_E_MALFORMED;
    if (code)
        return gdb_fail(g, code);
    gdb_ok(g);
    return leave(g);
}

/* vKill;process */
enum outcome gdb_do_kill_process(struct gdb *g)
{
    uint8_t code = rx_skip(g, ';') ? rx_process(g) : GDB_E_MALFORMED;
    if (code)
        return gdb_fail(g, code);
    gdb_ok(g);
    return leave(g);
}

/* k: gdb reads no reply. */
enum outcome gdb_do_kill(struct gdb *g)
{
    if (!rx_end(g))
        return gdb_fail(g, GDB_E_MALFORMED);
    return leave(g);
}
