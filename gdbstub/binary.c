/*
 * binary.c: x, the m packet of newer clients: half the bytes on the line.
 */
#include "core.h"

/* An 'E' or 'O' in front might make an error or an OK of the data: escaped, it cannot. */
static void tx_first(struct gdb *g, uint8_t byte)
{
    if (byte == 'E' || byte == 'O') {
        tx_byte(g, '}');
        tx_byte(g, byte ^ 0x20);
    } else {
        tx_escaped(g, byte);
    }
}

/*
 * x addr,length: m in binary. gdb wants a 'b' before the bytes (GDB manual, "x packet"), lldb would
 * take it for one of them; to lldb's probe, a length of 0, the answer is OK. Read into the end of
 * the reply as by m: an escaped byte takes two.
 */
enum outcome gdb_do_read_binary(struct gdb *g)
{
    bool bare = g->dialect == GDB_DIALECT_LLDB;
    uint64_t address = rx_number(g);
    rx_expect(g, ',');
    uint64_t length = rx_number(g);
    if (!rx_done(g))
        return gdb_malformed(g);
    if (bare && length == 0)
        return gdb_ok(g);
    length = length ? gdb_clamp(address, length) : 0;
    if (length > (GDB_PACKET_MAX - 1) / 2)
        length = (GDB_PACKET_MAX - 1) / 2;

    uint8_t *bytes = g->tx + GDB_PACKET_MAX - length;
    size_t n = 0;
    if (length)
        n = g->target->read_memory(g->context, gdb_thread_current(g), address, bytes, length);
    if (length && n == 0)
        return gdb_fail(g, GDB_E_MEMORY);
    if (!bare)
        tx_byte(g, 'b');
    for (size_t i = 0; i < n; i++)
        (bare && i == 0 ? tx_first : tx_escaped)(g, bytes[i]);
    return ANSWER;
}
