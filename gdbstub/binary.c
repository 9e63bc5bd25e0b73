/*
 * binary.c: bytes as they are, but for the few that mean something to a frame: x, the m packet of
 * newer clients, half the bytes on the line; and the contents of files.
 */
#include "core.h"

/* How long so many bytes, eight at most, are when they are escaped. */
static size_t width(const uint8_t *bytes, size_t n)
{
    size_t width = n;
    if (n == 8 && gdb_are_plain(bytes))
        return 8;
    for (size_t i = 0; i < n; i++)
        width += gdb_is_special(bytes[i]);
    return width;
}

/* How many of the bytes fit into room, escaped. */
size_t gdb_binary_fit(const uint8_t *bytes, size_t n, size_t room)
{
    size_t fit = 0, piece;
    do {
        piece = n - fit < 8 ? n - fit : 8;
        size_t wide = width(bytes + fit, piece);
        while (wide > room)
            wide -= width(bytes + fit + --piece, 1);
        fit += piece;
        room -= wide;
    } while (piece == 8);
    return fit;
}

static uint8_t *put(uint8_t *out, uint8_t byte)
{
    if (gdb_is_special(byte)) {
        *out++ = '}';
        byte ^= 0x20;
    }
    *out++ = byte;
    return out;
}

/* As many of them as there is room for: eight are 16 bytes at most. */
EACH_BYTE void gdb_tx_binary(struct gdb *g, const uint8_t *bytes, size_t n)
{
    uint8_t *out = g->tx + g->tx_length, *end = g->tx + g->packet_max;
    for (;;) {
        size_t room = end - out, plain = gdb_copy_plain(out, bytes, n < room ? n : room);
        out += plain;
        bytes += plain;
        n -= plain;
        if (n < 8 || end - out < 16)
            break;
        for (const uint8_t *eight = bytes + 8; bytes < eight; n--)
            out = put(out, *bytes++);
    }
    for (n = gdb_binary_fit(bytes, n, end - out); n; n--)
        out = put(out, *bytes++);
    g->tx_length = out - g->tx;
}

/* An 'E' or 'O' in front might make an error or an OK of the data: escaped, it cannot. */
static void tx_bare(struct gdb *g, const uint8_t *bytes, size_t n)
{
    if (n && (bytes[0] == 'E' || bytes[0] == 'O')) {
        tx_byte(g, '}');
        tx_byte(g, bytes[0] ^ 0x20);
        bytes++;
        n--;
    }
    gdb_tx_binary(g, bytes, n);
}

/*
 * x addr,length: m in binary. gdb wants a 'b' before the bytes (GDB manual, "x packet"), lldb would
 * take it for one of them; to lldb's probe, a length of 0, the answer is OK. As much as fits: the
 * bytes are read over the packet, which has been understood by then.
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
    if (length > g->packet_max - 1)
        length = g->packet_max - 1;

    size_t n = 0;
    if (length)
        n = gdb_read_memory(g, address, g->rx, length);
    if (length && n == 0)
        return gdb_fail(g, GDB_E_MEMORY);
    if (bare) {
        tx_bare(g, g->rx, n);
    } else {
        tx_byte(g, 'b');
        gdb_tx_binary(g, g->rx, n);
    }
    return ANSWER;
}
