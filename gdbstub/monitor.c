/*
 * monitor.c: text for the client: qRcmd, whose output goes as O packets before the OK, and the
 * console of a machine that runs (GDB manual, "Stop Reply Packets", O).
 *
 * A packet is collected in the reply buffer and sent when it is full, and for a monitor command at
 * the end of each line, so that a long command shows what it does.
 */
#include "core.h"

static void flush(struct gdb *g)
{
    if (g->tx_length)
        gdb_packet_send(g);
    tx_begin(g);
}

void gdb_put_console(void *to, char c, enum gdb_origin from)
{
    struct gdb *g = to;
    (void)from;
    if (g->tx_length == 0)
        tx_byte(g, 'O');
    tx_hex_byte(g, c);
    if (tx_room(g) >= 2 && (c != '\n' || !g->console_open))
        return;
    flush(g);
    if (g->console_open)
        gdb_interrupted(g);
}

void gdb_print(struct gdb *g, const char *format, ...)
{
    va_list arguments;
    if (!g->console_open || g->cut)
        return;
    va_start(arguments, format);
    gdb_format(gdb_put_report, g, format, &arguments);
    va_end(arguments);
}

bool gdb_console(struct gdb *g, const char *text, size_t n)
{
    if (!gdb_client_waits(g))
        return false;
    tx_begin(g);
    for (size_t i = 0; i < n; i++)
        gdb_put_console(g, text[i], GDB_ARGUMENT);
    flush(g);
    return true;
}

/* qRcmd,hex: the line is decoded where it lies; the buffer has a byte to spare for its end. */
enum outcome gdb_do_monitor(struct gdb *g)
{
    if (!g->target->monitor)
        return ANSWER;
    rx_expect(g, ',');
    struct span line = rx_hex_rest(g);
    if (g->rx_bad)
        return gdb_malformed(g);
    g->stop_told = false; /* an 0x03 is for the command from now on */
    g->interrupted = false;
    line.start[line.length] = '\0';

    gdb_report_begin(g, NULL);
    g->target->monitor(g->context, g, (char *)line.start);
    gdb_report_end(g);
    flush(g);
    return gdb_ok(g);
}
