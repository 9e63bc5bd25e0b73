/*
 * report.c: what a monitor command says, for others than a reader: as one line of JSON for a
 * program, or into a sink of the embedder's where no client listens.
 *
 *     {"command":"lm","output":[{"start":"0x...","name":"ramdisk"},"..."],"ok":true}
 *
 * A command is written once: gdb_row(g, "{start:0x%lx}  {name:%s}\n", ...) is text for a reader and
 * an object for a program. Nothing of it is kept: it goes out as it is printed.
 */
#include "core.h"

enum json {
    JSON_NONE,
    JSON_HEAD,  /* the object is open, its output is not */
    JSON_LINES, /* between two lines of the output */
    JSON_LINE,  /* within one, a string */
    JSON_ROW,   /* within one that has named values, an object */
};

/* Where in "{name:value}" or "{name=value}" a row's format is. */
enum field {
    FIELD_NONE,
    FIELD_NAME,
    FIELD_BLANK, /* a text that has not begun: blanks before it do not count */
    FIELD_TEXT,
    FIELD_NUMBER, /* without quotes in JSON */
};

static void emit(struct gdb *g, char c)
{
    if (g->sink)
        g->sink(&c, 1);
    else
        gdb_put_console(g, c, GDB_ARGUMENT);
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

static void close_line(struct gdb *g)
{
    if (g->json == JSON_LINE)
        emit(g, '"');
    else if (g->json == JSON_ROW)
        emit(g, '}');
    if (g->json != JSON_NONE && g->json != JSON_HEAD)
        g->json = JSON_LINES;
}

static void open_line(struct gdb *g, enum json kind)
{
    close_line(g);
    emit_text(g, g->json == JSON_HEAD ? ",\"output\":[" : ",");
    emit(g, kind == JSON_ROW ? '{' : '"');
    g->json = kind;
    g->row_filled = false;
}

/* What has no name is for readers: within a row a program does not get it. */
void gdb_put_report(void *to, char c, enum gdb_origin from)
{
    struct gdb *g = to;
    (void)from;
    if (g->json == JSON_NONE) {
        emit(g, c);
        return;
    }
    if (g->json == JSON_HEAD || g->json == JSON_LINES)
        open_line(g, JSON_LINE);
    if (c == '\n')
        close_line(g);
    else if (g->json == JSON_LINE)
        emit_escaped(g, (uint8_t)c);
}

/* ---- named values ---- */

static void open_name(struct gdb *g)
{
    g->field = FIELD_NAME;
    if (g->json)
        emit_text(g, g->json == JSON_HEAD || g->row_filled ? ",\"" : "\"");
    g->row_filled = true;
}

static void put_name(struct gdb *g, char c)
{
    bool ends = c == ':' || c == '=';
    if (ends)
        g->field = c == ':' ? FIELD_BLANK : FIELD_NUMBER;
    if (g->json && !ends)
        emit(g, c);
    else if (g->json)
        emit_text(g, c == ':' ? "\":\"" : "\":");
}

static void put_value(struct gdb *g, char c, enum gdb_origin from)
{
    if (c == '}' && from == GDB_LITERAL) {
        if (g->json && g->field != FIELD_NUMBER)
            emit(g, '"');
        g->field = FIELD_NONE;
    } else if (!g->json) {
        emit(g, c);
    } else if (from != GDB_PADDING && (c != ' ' || g->field == FIELD_TEXT)) {
        emit_escaped(g, (uint8_t)c);
        g->field = g->field == FIELD_BLANK ? FIELD_TEXT : g->field;
    }
}

static void put_row(void *to, char c, enum gdb_origin from)
{
    struct gdb *g = to;
    if (g->field == FIELD_NAME)
        put_name(g, c);
    else if (g->field != FIELD_NONE)
        put_value(g, c, from);
    else if (c == '{' && from == GDB_LITERAL)
        open_name(g);
    else if (g->json != JSON_HEAD)
        gdb_put_report(g, c, from);
}

static bool listens(const struct gdb *g)
{
    return g->console_open && !g->cut;
}

/* after: the states of JSON behind which such a line is an object, and not a part of the whole. */
static void print_row(struct gdb *g, enum json after, const char *format, va_list *arguments)
{
    if (!listens(g))
        return;
    if (g->json > after && g->json != JSON_ROW)
        open_line(g, JSON_ROW);
    gdb_format(put_row, g, format, arguments);
}

void gdb_row(struct gdb *g, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_row(g, JSON_NONE, format, &arguments);
    va_end(arguments);
}

void gdb_result(struct gdb *g, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_row(g, JSON_HEAD, format, &arguments);
    va_end(arguments);
}

static void put_quoted(void *to, char c, enum gdb_origin from)
{
    (void)from;
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
    if (!listens(g))
        return;
    if (g->json == JSON_ROW)
        close_line(g);
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
    close_line(g);
    emit_text(g, g->json == JSON_LINES ? "]" : "");
    emit_text(g, g->cut ? ",\"interrupted\":true" : "");
    emit_text(g, g->failed ? ",\"ok\":false}\n" : ",\"ok\":true}\n");
    g->json = JSON_NONE;
    g->cut = false; /* that is said */
}

/* The only arguments that can fault are a value's text, which is within quotes. */
static void close_value(struct gdb *g)
{
    if (g->field == FIELD_BLANK || g->field == FIELD_TEXT)
        emit(g, '"');
    g->field = FIELD_NONE;
}

/*
 * The command that prints will not return. A reader's line may end anywhere, and an error is the
 * reply; a program gets the end of its line of JSON, with why as the complaint.
 */
enum outcome gdb_report_abandon(struct gdb *g, const char *why)
{
    bool json = g->console_open && g->json;
    if (json) {
        close_value(g);
        gdb_complain(g, "%s\n", why);
        gdb_json_end(g);
    }
    g->console_open = false;
    return json ? gdb_ok(g) : gdb_error(g, (struct gdb_error){GDB_E_MEMORY, why});
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
    g->field = FIELD_NONE;
}

void gdb_report_end(struct gdb *g)
{
    if (g->cut && !g->json)
        emit_text(g, "interrupted\n");
    g->console_open = false;
    g->sink = NULL;
}
