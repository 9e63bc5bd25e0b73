/*
 * text.c: the bounded verbs. rx_ verbs read the packet at its cursor, tx_ verbs append to the
 * reply; none of them can leave its buffer, whatever the client sent.
 */
#include "core.h"

#define ESCAPE '}'
#define ESCAPE_FLIP 0x20

unsigned gdb_hex_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return NOT_HEX;
}

char gdb_hex_digit(unsigned value)
{
    return "0123456789abcdef"[value & 0xf];
}

bool gdb_span_is(struct span span, const char *text)
{
    return span.length == strlen(text) && memcmp(span.start, text, span.length) == 0;
}

bool rx_end(const struct gdb *g)
{
    return g->rx_cursor >= g->rx_length;
}

bool rx_done(const struct gdb *g)
{
    return rx_end(g) && !g->rx_bad;
}

bool rx_skip(struct gdb *g, char c)
{
    if (rx_end(g) || g->rx[g->rx_cursor] != (uint8_t)c)
        return false;
    g->rx_cursor++;
    return true;
}

void rx_expect(struct gdb *g, char c)
{
    if (!rx_skip(g, c))
        g->rx_bad = true;
}

/* The next hex digit, or NOT_HEX and nothing is read. */
static unsigned rx_digit(struct gdb *g)
{
    unsigned digit = rx_end(g) ? NOT_HEX : gdb_hex_value(g->rx[g->rx_cursor]);
    if (digit != NOT_HEX)
        g->rx_cursor++;
    return digit;
}

/* A hex number: at least one digit, and no more than fits 64 bits. */
uint64_t rx_number(struct gdb *g)
{
    unsigned digit = rx_digit(g);
    uint64_t value = 0;
    g->rx_bad |= digit == NOT_HEX;
    for (; digit != NOT_HEX; digit = rx_digit(g)) {
        g->rx_bad |= value >> 60 != 0;
        value = value << 4 | digit;
    }
    return value;
}

/* A process or thread number: hex, or -1 for all. */
static uint64_t rx_id(struct gdb *g)
{
    if (!rx_skip(g, '-'))
        return rx_number(g);
    rx_expect(g, '1');
    return GDB_TID_ALL;
}

/*
 * A thread id (GDB manual, "Packets", thread-id): "1", "-1", "0", or "p1.1", "p1", "p-1.-1". We
 * have one process, 1; a thread of any other becomes GDB_TID_NOBODY.
 */
gdb_tid rx_thread(struct gdb *g)
{
    if (!rx_skip(g, 'p'))
        return rx_id(g);
    uint64_t process = rx_id(g);
    gdb_tid thread = rx_skip(g, '.') ? rx_id(g) : GDB_TID_ALL;
    return process + 1 <= 2 ? thread : GDB_TID_NOBODY; /* -1, 0 or 1 */
}

struct span rx_word(struct gdb *g, char separator)
{
    struct span word = {g->rx + g->rx_cursor, 0};
    while (!rx_end(g) && !rx_skip(g, separator)) {
        g->rx_cursor++;
        word.length++;
    }
    return word;
}

/* out may be the packet itself at or before the cursor: bytes are half as long as their digits. */
void rx_hex(struct gdb *g, uint8_t *out, size_t n)
{
    for (; n && !g->rx_bad; n--) {
        unsigned high = rx_digit(g), low = rx_digit(g);
        g->rx_bad = low == NOT_HEX; /* after a high that is none, low is none */
        *out++ = high << 4 | low;
    }
}

struct span rx_hex_rest(struct gdb *g)
{
    struct span data = {g->rx + g->rx_cursor, (g->rx_length - g->rx_cursor) / 2};
    rx_hex(g, data.start, data.length);
    g->rx_bad |= !rx_end(g);
    return data;
}

/* GDB manual, "Binary Data": '}' stands before a byte that was xored with 0x20. */
struct span rx_binary(struct gdb *g)
{
    struct span data = {g->rx + g->rx_cursor, 0};
    while (!rx_end(g)) {
        const uint8_t *next = g->rx + g->rx_cursor;
        if (g->rx_length - g->rx_cursor >= 8 && !gdb_has(next, ESCAPE)) {
            uint64_t word = gdb_word(next);
            __builtin_memcpy(data.start + data.length, &word, sizeof word);
            data.length += sizeof word;
            g->rx_cursor += sizeof word;
            continue;
        }
        uint8_t byte = g->rx[g->rx_cursor++];
        if (byte == ESCAPE) {
            g->rx_bad |= rx_end(g);
            byte = g->rx[g->rx_cursor++] ^ ESCAPE_FLIP;
        }
        data.start[data.length++] = byte;
    }
    return data;
}

void tx_begin(struct gdb *g)
{
    g->tx_length = 0;
    g->tx_overflow = false;
}

size_t tx_room(const struct gdb *g)
{
    return g->packet_max - g->tx_length;
}

void tx_byte(struct gdb *g, uint8_t byte)
{
    if (tx_room(g))
        g->tx[g->tx_length++] = byte;
    else
        g->tx_overflow = true;
}

void tx_string(struct gdb *g, const char *text)
{
    while (*text)
        tx_byte(g, *text++);
}

void tx_text(struct gdb *g, const char *text)
{
    for (; *text; text++)
        tx_byte(g, gdb_is_special((uint8_t)*text) ? '?' : *text);
}

void tx_number(struct gdb *g, uint64_t value)
{
    int shift = 60;
    while (shift > 0 && value >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        tx_byte(g, gdb_hex_digit(value >> shift));
}

void tx_hex_byte(struct gdb *g, uint8_t byte)
{
    tx_byte(g, gdb_hex_digit(byte >> 4));
    tx_byte(g, gdb_hex_digit(byte));
}

/*
 * Most bytes of a session pass here, so it looks at the room once. bytes may lie in tx itself, as
 * long as they start behind all that is still to be written.
 */
void tx_hex(struct gdb *g, const uint8_t *bytes, size_t n)
{
    size_t fit = n <= tx_room(g) / 2 ? n : tx_room(g) / 2;
    gdb_hex(g->tx + g->tx_length, bytes, fit);
    g->tx_length += 2 * fit;
    g->tx_overflow |= fit < n;
}

void tx_hex_text(struct gdb *g, const char *text)
{
    tx_hex(g, (const uint8_t *)text, strlen(text));
}

void tx_escaped(struct gdb *g, uint8_t byte)
{
    if (gdb_is_special(byte)) {
        tx_byte(g, ESCAPE);
        byte ^= ESCAPE_FLIP;
    }
    tx_byte(g, byte);
}

void tx_thread(struct gdb *g, gdb_tid thread)
{
    if (g->multiprocess)
        tx_string(g, "p1.");
    tx_number(g, thread);
}
