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

bool rx_skip(struct gdb *g, char c)
{
    if (rx_end(g) || g->rx[g->rx_cursor] != (uint8_t)c)
        return false;
    g->rx_cursor++;
    return true;
}

/* A hex number: at least one digit, and no more than fits 64 bits. */
bool rx_number(struct gdb *g, uint64_t *value)
{
    uint32_t start = g->rx_cursor;
    for (*value = 0; !rx_end(g); g->rx_cursor++) {
        unsigned digit = gdb_hex_value(g->rx[g->rx_cursor]);
        if (digit == NOT_HEX)
            break;
        if (*value >> 60)
            return false;
        *value = *value << 4 | digit;
    }
    return g->rx_cursor > start;
}

bool rx_pair(struct gdb *g, uint64_t *first, uint64_t *second)
{
    return rx_number(g, first) && rx_skip(g, ',') && rx_number(g, second);
}

/* A process or thread number: hex, or -1 for all. */
static bool rx_id(struct gdb *g, uint64_t *id)
{
    if (!rx_skip(g, '-'))
        return rx_number(g, id);
    *id = GDB_TID_ALL;
    return rx_skip(g, '1');
}

/*
 * A thread id (GDB manual, "Packets", thread-id): "1", "-1", "0", or "p1.1", "p1", "p-1.-1". We
 * have one process, 1; a thread of any other becomes GDB_TID_NOBODY.
 */
bool rx_thread(struct gdb *g, gdb_tid *thread)
{
    uint64_t process;
    if (!rx_skip(g, 'p'))
        return rx_id(g, thread);
    if (!rx_id(g, &process))
        return false;
    *thread = GDB_TID_ALL;
    if (rx_skip(g, '.') && !rx_id(g, thread))
        return false;
    if (process != 0 && process != 1 && process != GDB_TID_ALL)
        *thread = GDB_TID_NOBODY;
    return true;
}

struct span rx_word(struct gdb *g, char separator)
{
    struct span word = {g->rx + g->rx_cursor, 0};
    while (!rx_end(g) && g->rx[g->rx_cursor] != (uint8_t)separator) {
        g->rx_cursor++;
        word.length++;
    }
    rx_skip(g, separator);
    return word;
}

/* out may be the packet itself at or before the cursor: bytes are half as long as their digits. */
bool rx_hex(struct gdb *g, uint8_t *out, size_t n)
{
    if (n > (g->rx_length - g->rx_cursor) / 2)
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned high = gdb_hex_value(g->rx[g->rx_cursor++]);
        unsigned low = gdb_hex_value(g->rx[g->rx_cursor++]);
        if (high == NOT_HEX || low == NOT_HEX)
            return false;
        out[i] = high << 4 | low;
    }
    return true;
}

/* GDB manual, "Binary Data": '}' stands before a byte that was xored with 0x20. */
bool rx_binary(struct gdb *g, uint8_t **data, size_t *n)
{
    uint8_t *out = *data = g->rx + g->rx_cursor;
    while (!rx_end(g)) {
        uint8_t byte = g->rx[g->rx_cursor++];
        if (byte == ESCAPE) {
            if (rx_end(g))
                return false;
            byte = g->rx[g->rx_cursor++] ^ ESCAPE_FLIP;
        }
        *out++ = byte;
    }
    *n = out - *data;
    return true;
}

void tx_begin(struct gdb *g)
{
    g->tx_length = 0;
    g->tx_overflow = false;
}

size_t tx_room(const struct gdb *g)
{
    return GDB_PACKET_MAX - g->tx_length;
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

/* The bytes that mean something to whoever reads a frame; '*' starts a run length. */
static bool is_special(uint8_t byte)
{
    return byte == '$' || byte == '#' || byte == ESCAPE || byte == '*';
}

void tx_text(struct gdb *g, const char *text)
{
    for (; *text; text++)
        tx_byte(g, is_special(*text) ? '?' : *text);
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

/* bytes may lie in tx itself, as long as they start behind all that is still to be written. */
void tx_hex(struct gdb *g, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        tx_hex_byte(g, bytes[i]);
}

void tx_hex_text(struct gdb *g, const char *text)
{
    tx_hex(g, (const uint8_t *)text, strlen(text));
}

void tx_escaped(struct gdb *g, uint8_t byte)
{
    if (is_special(byte)) {
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
