/*
 * xfer.c: qXfer:object:read:annex:offset,length (GDB manual, "General Query Packets").
 *
 * No document is ever stored: it is written from its start for every window that is asked for, and
 * what lies outside falls away.
 */
#include "core.h"

const struct gdb_object gdb_objects[] = {
    {"features", "target.xml", NULL, gdb_write_features},
    {"threads", "", gdb_has_threads, gdb_write_threads},
};
const size_t gdb_object_count = sizeof gdb_objects / sizeof gdb_objects[0];

/* An escaped byte takes two; when there is no room for it the window ends there. */
void gdb_window_byte(struct window *w, uint8_t byte)
{
    uint64_t position = w->position++;
    if (w->more || position < w->start)
        return;
    if (position >= w->end || tx_room(w->g) < 2)
        w->more = true;
    else
        tx_escaped(w->g, byte);
}

void gdb_window_text(struct window *w, const char *text)
{
    while (*text)
        gdb_window_byte(w, *text++);
}

void gdb_window_escaped(struct window *w, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            gdb_window_text(w, "&lt;");
            break;
        case '>':
            gdb_window_text(w, "&gt;");
            break;
        case '&':
            gdb_window_text(w, "&amp;");
            break;
        case '"':
            gdb_window_text(w, "&quot;");
            break;
        default:
            gdb_window_byte(w, (uint8_t)*text < ' ' ? '?' : *text); /* XML has no control bytes */
        }
    }
}

static void write_digits(struct window *w, uint64_t value, unsigned base)
{
    char digits[20];
    size_t n = 0;
    do {
        digits[n++] = gdb_hex_digit(value % base);
        value /= base;
    } while (value);
    while (n)
        gdb_window_byte(w, digits[--n]);
}

void gdb_window_number(struct window *w, uint64_t value)
{
    write_digits(w, value, 10);
}

void gdb_window_hex(struct window *w, uint64_t value)
{
    write_digits(w, value, 16);
}

static const struct gdb_object *find_object(const struct gdb *g, struct span name)
{
    for (size_t i = 0; i < gdb_object_count; i++) {
        const struct gdb_object *object = &gdb_objects[i];
        if (gdb_span_is(name, object->name) && (!object->offered || object->offered(g)))
            return object;
    }
    return NULL;
}

/* An unknown object or operation is not supported, a bad annex is E00 as the manual has it. */
enum outcome gdb_do_xfer(struct gdb *g)
{
    uint64_t offset, length;
    rx_skip(g, ':');
    const struct gdb_object *object = find_object(g, rx_word(g, ':'));
    if (!object || !gdb_span_is(rx_word(g, ':'), "read"))
        return ANSWER;
    struct span annex = rx_word(g, ':');
    if (!rx_pair(g, &offset, &length) || !rx_end(g))
        return gdb_fail(g, GDB_E_MALFORMED);
    if (!gdb_span_is(annex, object->annex))
        return gdb_fail(g, 0);

    struct window w = {.g = g, .start = offset, .end = offset + gdb_clamp(offset, length)};
    tx_byte(g, 'm');
    object->write(&w);
    if (!w.more)
        g->tx[0] = 'l';
    return ANSWER;
}
