/*
 * report.c: what a monitor command says, for others than a reader: as one line of JSON for a
 * program, or into a sink of the embedder's where no client listens.
 *
 *     {"command":"lm","output":["0x... ramdisk","..."],"ok":true}
 *
 * Nothing of it is kept: it goes out as it is printed.
 */
#include "core.h"

enum json {
    JSON_NONE,
    JSON_HEAD,  /* the object is open, its output is not */
    JSON_LINE,  /* within a line of the output */
    JSON_LINES, /* between two of them */
};

static void emit(struct gdb *g, char c)
{
    if (g->sink)
        g->sink(&c, 1);
    else
        gdb_put_console(g, c, true);
}

static void emit_text(struct gdb *g, const char *text)
{
    while (*text)
        emit(g, *text++);
}

/* Within quotes (RFC 8259, 7); what is not ASCII may be no UTF-8 either. */
static void emit_escaped(struct gdb *g, uint8_t c)
{
    if (c == '"' || c == '\\') {
        emit(g, '\\');
        emit(g, (char)c);
    } else if (c >= ' ' && c < 0x7f) {
        emit(g, (char)c);
    } else {
        emit_text(g, "\\u00");
        emit(g, gdb_hex_digit(c >> 4));
        emit(g, gdb_hex_digit(c));
    }
}

static void open_line(struct gdb *g)
{
    if (g->json == JSON_HEAD)
        emit_text(g, ",\"output\":[\"");
    else if (g->json == JSON_LINES)
        emit_text(g, "\",\"");
    g->json = JSON_LINE;
}

void gdb_put_report(void *to, char c, bool argument)
{
    struct gdb *g = to;
    (void)argument;
    if (g->json == JSON_NONE) {
        emit(g, c);
        return;
    }
    if (c != '\n' || g->json != JSON_LINE)
        open_line(g);
    if (c == '\n')
        g->json = JSON_LINES;
    else
        emit_escaped(g, (uint8_t)c);
}

static void put_quoted(void *to, char c, bool argument)
{
    (void)argument;
    emit_escaped(to, (uint8_t)c);
}

void gdb_fact(struct gdb *g, const char *name, const char *format, ...)
{
    va_list arguments;
    if (g->json != JSON_HEAD)
        return;
    emit_text(g, ",\"");
    emit_text(g, name);
    emit_text(g, "\":\"");
    va_start(arguments, format);
    gdb_format(put_quoted, g, format, &arguments);
    va_end(arguments);
    emit(g, '"');
}

void gdb_complain(struct gdb *g, const char *format, ...)
{
    va_list arguments;
    g->failed = true;
    if (!g->console_open || g->cut)
        return;
    va_start(arguments, format);
    gdb_format(gdb_put_report, g, format, &arguments);
    va_end(arguments);
}

void gdb_json_begin(struct gdb *g, const char *command)
{
    emit_text(g, "{\"command\":\"");
    while (*command)
        emit_escaped(g, (uint8_t)*command++);
    emit(g, '"');
    g->json = JSON_HEAD;
}

void gdb_json_end(struct gdb *g)
{
    if (g->json == JSON_LINE || g->json == JSON_LINES)
        emit_text(g, "\"]");
    emit_text(g, g->cut ? ",\"interrupted\":true" : "");
    emit_text(g, g->failed ? ",\"ok\":false}\n" : ",\"ok\":true}\n");
    g->json = JSON_NONE;
}

bool gdb_interrupted(struct gdb *g)
{
    if (!g->sink && g->target->interrupted && g->target->interrupted(g->context)) {
        g->statistics.interrupts++;
        g->cut = true;
    }
    return g->cut;
}

void gdb_report_begin(struct gdb *g, void (*sink)(const char *text, size_t n))
{
    g->sink = sink;
    g->console_open = true;
    g->failed = g->cut = false;
    g->json = JSON_NONE;
}

void gdb_report_end(struct gdb *g)
{
    if (g->cut && !g->json)
        emit_text(g, "interrupted\n");
    g->console_open = false;
    g->sink = NULL;
}
