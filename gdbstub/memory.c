/*
 * memory.c: m M X. Any address and any length are answered; what cannot be reached is E14.
 */
#include "core.h"

/* How many of length bytes lie before the end of the address space; the last byte counts. */
uint64_t gdb_clamp(uint64_t address, uint64_t length)
{
    uint64_t behind = UINT64_MAX - address; /* bytes behind the first */
    return length > behind ? behind + 1 : length;
}

/*
 * m addr,length: as much as fits in a reply and can be read, which may be less than was asked. The
 * bytes are read into the end of the reply buffer, where their own digits catch up with them last.
 * A length of 0 is malformed: gdbserver's reply to it is empty, which says "no m packet here".
 */
enum outcome gdb_do_read_memory(struct gdb *g)
{
    uint64_t address = rx_number(g);
    rx_expect(g, ',');
    uint64_t length = rx_number(g);
    if (!rx_done(g) || length == 0)
        return gdb_malformed(g);
    length = gdb_clamp(address, length);
    if (length > g->packet_max / 2)
        length = g->packet_max / 2;

    uint8_t *bytes = g->tx + g->packet_max - length;
    size_t n = gdb_read_memory(g, address, bytes, length);
    if (n == 0)
        return gdb_fail(g, GDB_E_MEMORY);
    tx_hex(g, bytes, n);
    return ANSWER;
}

static enum outcome refuse(struct gdb *g, uint64_t address, size_t n)
{
    const char *why = NULL;
    if (g->target->write_refusal)
        why = g->target->write_refusal(g->context, address, n);
    return gdb_error(g, (struct gdb_error){GDB_E_MEMORY, why});
}

/* All or E14; then the bytes before the one that could not be written are written. */
static enum outcome write_bytes(struct gdb *g, uint64_t address, struct span bytes)
{
    gdb_tid thread = gdb_thread_current(g);
    size_t fit = gdb_clamp(address, bytes.length);
    size_t done = 0;
    if (fit)
        done = g->target->write_memory(g->context, thread, address, bytes.start, fit);
    return done == bytes.length ? gdb_ok(g) : refuse(g, address, bytes.length);
}

/* addr,length:data; the length has to be that of the data. */
static enum outcome take(struct gdb *g, struct span (*rx_data)(struct gdb *g))
{
    if (!g->target->write_memory)
        return ANSWER;
    uint64_t address = rx_number(g);
    rx_expect(g, ',');
    uint64_t length = rx_number(g);
    rx_expect(g, ':');
    struct span data = rx_data(g);
    if (g->rx_bad || data.length != length)
        return gdb_malformed(g);
    return write_bytes(g, address, data);
}

enum outcome gdb_do_write_hex(struct gdb *g)
{
    return take(g, rx_hex_rest);
}

/* X; gdb probes for it with a length of 0. */
enum outcome gdb_do_write_binary(struct gdb *g)
{
    return take(g, rx_binary);
}
