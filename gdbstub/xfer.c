/*
 * xfer.c: qXfer:object:read:annex:offset,length (GDB manual, "General Query Packets").
 *
 * No document is ever stored: it is written from its start for every window that is asked for, and
 * what lies outside falls away.
 */
#include "core.h"

const struct gdb_object gdb_objects[] = {
    {"exec-file", NULL, gdb_has_exec_file, gdb_write_exec_file},
    {"features", "target.xml", NULL, gdb_write_features},
    {"libraries", "", gdb_has_libraries, gdb_write_libraries},
    {"libraries-svr4", "", gdb_has_svr4_libraries, gdb_write_svr4_libraries},
    {"threads", "", gdb_has_threads, gdb_write_threads},
    {"traceframe-info", "", gdb_has_trace, gdb_write_traceframe},
};
const size_t gdb_object_count = sizeof gdb_objects / sizeof gdb_objects[0];

/* An escaped byte takes two; when there is no room for it the window ends there. */
static void put(struct window *w, uint8_t byte)
{
    uint64_t position = w->position++;
    if (w->more || position < w->start)
        return;
    if (position - w->start >= w->length || tx_room(w->g) < 2)
        w->more = true;
    else
        tx_escaped(w->g, byte);
}

void gdb_window_text(struct window *w, const char *text)
{
    while (*text)
        put(w, *text++);
}

/* What means something to XML does so in the format, and stands for itself in an argument. */
static void put_formatted(void *window, char c, enum gdb_origin from)
{
    static const char special[] = "<>&\"";
    static const char *const entities[] = {"&lt;", "&gt;", "&amp;", "&quot;"};
    for (size_t i = 0; from && i < sizeof special - 1; i++) {
        if (special[i] == c) {
            gdb_window_text(window, entities[i]);
            return;
        }
    }
    put(window, from && (uint8_t)c < ' ' ? '?' : c); /* XML has no control bytes */
}

void gdb_window_print(struct window *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    gdb_format(put_formatted, w, format, &arguments);
    va_end(arguments);
}

/*
 * The path of the file that the machine runs. gdb opens it here if file.c has it, otherwise on its
 * own host: it asks with vFile first, and takes the empty reply for "look at home".
 */
const char *gdb_exec_file(const struct gdb *g)
{
    return g->target->exec_file ? g->target->exec_file(g->context) : NULL;
}

bool gdb_has_exec_file(const struct gdb *g)
{
    return gdb_exec_file(g) != NULL;
}

void gdb_write_exec_file(struct window *w)
{
    gdb_window_text(w, gdb_exec_file(w->g));
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

static bool annex_fits(const struct gdb_object *object, struct span annex)
{
    if (object->annex)
        return gdb_span_is(annex, object->annex);
    return annex.length == 0 || gdb_span_is(annex, "1");
}

/* An unknown object or operation is not supported, a bad annex is E00 as the manual has it. */
enum outcome gdb_do_xfer(struct gdb *g)
{
    rx_skip(g, ':');
    const struct gdb_object *object = find_object(g, rx_word(g, ':'));
    if (!object || !gdb_span_is(rx_word(g, ':'), "read"))
        return ANSWER;
    struct span annex = rx_word(g, ':');
    uint64_t offset = rx_number(g);
    rx_expect(g, ',');
    uint64_t length = rx_number(g);
    if (!rx_done(g))
        return gdb_malformed(g);
    if (!annex_fits(object, annex))
        return gdb_fail(g, 0);

    struct window w = {.g = g, .start = offset, .length = length};
    tx_byte(g, 'm');
    object->write(&w);
    if (!w.more)
        g->tx[0] = 'l';
    return ANSWER;
}
