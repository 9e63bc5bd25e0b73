/*
 * search.c: work on memory that only its result crosses the line for: qCRC and qSearch:memory.
 *
 * The reply buffer holds the memory while a handler has nothing to say yet.
 */
#include "core.h"

/* 0: there is none, or nobody waits for it any more. */
static size_t read(struct gdb *g, uint64_t address, void *out, uint64_t n)
{
    return gdb_goes_on(g)
               ? g->target->read_memory(g->context, gdb_thread_current(g), address, out, n)
               : 0;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* qCRC:addr,length (compare-sections): C<crc>; E14 if a byte of it cannot be read. */
enum outcome gdb_do_crc(struct gdb *g)
{
    uint32_t crc = 0xffffffff;
    rx_expect(g, ':');
    uint64_t address = rx_number(g);
    rx_expect(g, ',');
    uint64_t length = rx_number(g);
    if (!rx_done(g))
        return gdb_malformed(g);
    if (gdb_clamp(address, length) != length)
        return gdb_fail(g, GDB_E_MEMORY);
    while (length) {
        size_t n = read(g, address, g->tx, smaller(length, g->packet_max));
        if (n == 0)
            return gdb_fail(g, GDB_E_MEMORY);
        crc = gdb_crc(crc, g->tx, n);
        address += n;
        length -= n;
    }
    tx_byte(g, 'C');
    tx_number(g, crc);
    return ANSWER;
}

/*
 * Look through the memory in pieces as large as the buffer; the last bytes of a piece stay for the
 * match that straddles it and the next.
 */
static enum outcome search(struct gdb *g, uint64_t address, uint64_t length, struct span pattern)
{
    size_t kept = 0; /* bytes in the buffer, which lie before address */
    while (length) {
        size_t n = read(g, address, g->tx + kept, smaller(length, g->packet_max - kept));
        if (n == 0)
            return gdb_fail(g, GDB_E_MEMORY);
        size_t filled = kept + n;
        size_t match = gdb_find(g->tx, filled, pattern);
        if (match < filled) {
            tx_string(g, "1,");
            tx_number(g, address - kept + match);
            return ANSWER;
        }
        address += n;
        length -= n;
        kept = smaller(filled, pattern.length - 1);
        memmove(g->tx, g->tx + filled - kept, kept);
    }
    tx_byte(g, '0');
    return ANSWER;
}

/* qSearch:memory:addr;length;pattern: "1,addr" or "0"; E14 if memory before a match is missing. */
enum outcome gdb_do_search(struct gdb *g)
{
    rx_expect(g, ':');
    uint64_t address = rx_number(g);
    rx_expect(g, ';');
    uint64_t length = rx_number(g);
    rx_expect(g, ';');
    struct span pattern = rx_binary(g);
    if (g->rx_bad || pattern.length == 0)
        return gdb_malformed(g);
    return search(g, address, gdb_clamp(address, length), pattern);
}
