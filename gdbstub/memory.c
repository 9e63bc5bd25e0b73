/*
 * memory.c: m M X. Any address and any length are answered; what cannot be reached is E14.
 */
#include "core.h"

/* How many of length bytes lie before the end of the address space; the last byte counts. */
uint64_t gdb_clamp(uint64_t address, uint64_t length)
{
    uint64_t behind = UINT64_MAX - address; /* bytes behind the first */
    return length != 0 && length - 1 > behind ? behind + 1 : length;
}

/*
 * m addr,length: as much as fits in a reply and can be read, which may be less than was asked. The
 * bytes are read into the end of the reply buffer, where their own digits catch up with them last.
 * A length of 0 is malformed: gdbserver's reply to it is empty, which says "no m packet here".
 */
enum outcome gdb_do_read_memory(struct gdb *g)
{
    uint64_t address, length;
    if (!rx_pair(g, &address, &length) || !rx_end(g) || length == 0)
        return gdb_fail(g, GDB_E_MALFORMED);
    length = gdb_clamp(address, length);
    if (length > GDB_PACKET_MAX / 2)
        length = GDB_PACKET_MAX / 2;

    uint8_t *bytes = g->tx + GDB_PACKET_MAX - length;
    size_t n = g->target->read_memory(g->context, gdb_thread_current(g), address, bytes, length);
    if (n == 0)
        return gdb_fail(g, GDB_E_MEMORY);
    tx_hex(g, bytes, n);
    return ANSWER;
}

/* All or E14; then the bytes before the one that could not be written are written. */
static enum outcome write(struct gdb *g, uint64_t address, const uint8_t *bytes, size_t n)
{
    size_t fit = gdb_clamp(address, n);
    size_t done = 0;
    if (fit)
        done = g->target->write_memory(g->context, gdb_thread_current(g), address, bytes, fit);
    return done == n ? gdb_ok(g) : gdb_fail(g, GDB_E_MEMORY);
}

/* M addr,length:hex */
enum outcome gdb_do_write_hex(struct gdb *g)
{
    uint64_t address, length;
    if (!g->target->write_memory)
        return ANSWER;
    if (!rx_pair(g, &address, &length) || !rx_skip(g, ':') || length > GDB_PACKET_MAX)
        return gdb_fail(g, GDB_E_MALFORMED);
    uint8_t *bytes = g->rx + g->rx_cursor;
    if (!rx_hex(g, bytes, length) || !rx_end(g))
        return gdb_fail(g, GDB_E_MALFORMED);
    return write(g, address, bytes, length);
}

/* X addr,length:binary. gdb probes for the packet with a length of 0. */
enum outcome gdb_do_write_binary(struct gdb *g)
{
    uint64_t address, length;
    uint8_t *bytes;
    size_t n;
    if (!g->target->write_memory)
        return ANSWER;
    if (!rx_pair(g, &address, &length) || !rx_skip(g, ':') || !rx_binary(g, &bytes, &n) ||
        n != length)
        return gdb_fail(g, GDB_E_MALFORMED);
    return write(g, address, bytes, n);
}
