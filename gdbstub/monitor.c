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

static void put(struct gdb *g, char c)
{
    if (g->tx_length == 0)
        tx_byte(g, 'O');
    tx_hex_byte(g, c);
    if (tx_room(g) < 2)
        flush(g);
}

/* A conversion of gdb_print's format: %[-][0][width][l|ll|z]x */
struct conversion {
    bool left, zero;
    unsigned width;
    unsigned longs;
};

static const char *parse(const char *format, struct conversion *c)
{
    *c = (struct conversion){0};
    for (; *format == '-' || *format == '0'; format++)
        *(*format == '-' ? &c->left : &c->zero) = true;
    for (; *format >= '0' && *format <= '9'; format++)
        c->width = c->width * 10 + (*format - '0');
    for (; *format == 'l' || *format == 'z'; format++)
        c->longs++;
    return format;
}

static void pad(struct gdb *g, const struct conversion *c, size_t used, char fill)
{
    for (size_t i = used; i < c->width; i++)
        put(g, fill);
}

static void put_text(struct gdb *g, const struct conversion *c, const char *text, size_t n)
{
    if (!c->left)
        pad(g, c, n, ' ');
    for (size_t i = 0; i < n; i++)
        put(g, text[i]);
    if (c->left)
        pad(g, c, n, ' ');
}

static void put_number(struct gdb *g, const struct conversion *c, uint64_t value, char type)
{
    char digits[24];
    size_t start = sizeof digits;
    bool negative = type == 'd' && (int64_t)value < 0;
    unsigned base = type == 'x' || type == 'p' ? 16 : 10;
    if (negative)
        value = -value;
    do {
        digits[--start] = gdb_hex_digit(value % base);
        value /= base;
    } while (value);
    while (c->zero && !c->left && sizeof digits - start + negative < c->width && start > 3)
        digits[--start] = '0';
    if (negative)
        digits[--start] = '-';
    if (type == 'p') {
        digits[--start] = 'x';
        digits[--start] = '0';
    }
    put_text(g, c, digits + start, sizeof digits - start);
}

static uint64_t integer(va_list *arguments, const struct conversion *c, char type)
{
    if (type == 'p')
        return (uintptr_t)va_arg(*arguments, void *);
    if (c->longs)
        return va_arg(*arguments, uint64_t);
    return type == 'd' ? (uint64_t)(int64_t)va_arg(*arguments, int) : va_arg(*arguments, unsigned);
}

static void convert(struct gdb *g, const struct conversion *c, char type, va_list *arguments)
{
    const char *text;
    char character;
    switch (type) {
    case 's':
        text = va_arg(*arguments, const char *);
        text = text ? text : "(null)";
        put_text(g, c, text, strlen(text));
        break;
    case 'c':
        character = va_arg(*arguments, int);
        put_text(g, c, &character, 1);
        break;
    case 'd':
    case 'u':
    case 'x':
    case 'p':
        put_number(g, c, integer(arguments, c, type), type);
        break;
    default: /* "%%", and what we do not know shows as it is */
        put(g, type);
    }
}

void gdb_print(struct gdb *g, const char *format, ...)
{
    va_list arguments;
    if (!g->console_open)
        return;
    va_start(arguments, format);
    for (; *format; format++) {
        struct conversion c;
        if (*format != '%') {
            put(g, *format);
            if (*format == '\n')
                flush(g);
            continue;
        }
        format = parse(format + 1, &c);
        if (!*format)
            break;
        convert(g, &c, *format, &arguments);
    }
    va_end(arguments);
}

bool gdb_console(struct gdb *g, const char *text, size_t n)
{
    if (!gdb_client_waits(g))
        return false;
    tx_begin(g);
    for (size_t i = 0; i < n; i++)
        put(g, text[i]);
    flush(g);
    return true;
}

/* qRcmd,hex: the line is decoded where it lies; the buffer has a byte to spare for its end. */
enum outcome gdb_do_monitor(struct gdb *g)
{
    if (!g->target->monitor)
        return ANSWER;
    if (!rx_skip(g, ','))
        return gdb_fail(g, GDB_E_MALFORMED);
    uint8_t *line = g->rx + g->rx_cursor;
    size_t n = (g->rx_length - g->rx_cursor) / 2;
    if (!rx_hex(g, line, n) || !rx_end(g))
        return gdb_fail(g, GDB_E_MALFORMED);
    line[n] = '\0';

    g->console_open = true;
    g->target->monitor(g->context, g, (char *)line);
    g->console_open = false;
    flush(g);
    return gdb_ok(g);
}
