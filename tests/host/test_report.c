/*
 * test_report.c: what a command says once, as text and as a line of JSON.
 */
#include "test.h"
#include "wire.h"

#include <stdio.h>
#include <string.h>

static char said[1024];
static size_t length;

static void hear(const char *text, size_t n)
{
    CHECK(length + n < sizeof(said));
    memcpy(said + length, text, n);
    length += n;
    said[length] = '\0';
}

/* What a command prints, for a reader or as JSON. */
static const char *hear_of(void (*command)(struct gdb *g), bool json)
{
    struct wire w;
    wire_init(&w);
    length = 0;
    said[0] = '\0';
    gdb_report_begin(&w.gdb, hear);
    if (json)
        gdb_json_begin(&w.gdb, "name");
    command(&w.gdb);
    if (json)
        gdb_json_end(&w.gdb);
    gdb_report_end(&w.gdb);
    wire_free(&w);
    return said;
}

static void check(void (*command)(struct gdb *g), const char *text, const char *json)
{
    char whole[1024];
    snprintf(whole, sizeof(whole), "{\"command\":\"name\"%s}\n", json);
    CHECK(strcmp(hear_of(command, false), text) == 0, "%s", said);
    CHECK(strcmp(hear_of(command, true), whole) == 0, "%s", said);
}

static void rows(struct gdb *g)
{
    gdb_row(g, "{start:0x%lx}-{end:0x%lx}  {name: %-6s}|\n", 0x10l, 0x20l, "a\"}");
    gdb_row(g, "  {hits=%3u}", 7);
    gdb_print(g, " so to speak");
    gdb_row(g, "{state:%s}\n", "");
}

TEST(rows_are_text_and_objects)
{
    check(rows, "0x10-0x20   a\"}   |\n    7 so to speak\n",
          ",\"output\":[{\"start\":\"0x10\",\"end\":\"0x20\",\"name\":\"a\\\"}\"},"
          "{\"hits\":7,\"state\":\"\"}],\"ok\":true");
}

static void mixture(struct gdb *g)
{
    gdb_result(g, "it is {value:0x%lx}, on {cpu=%d}\n", 0x99l, -1);
    gdb_print(g, "a line\n\n");
    gdb_row(g, "{n=%u}\n", 1);
    gdb_print(g, "begun: ");
    gdb_row(g, "{n=%u}", 2);
    gdb_complain(g, "no\x01\xff\n");
    gdb_result(g, "{late:%s}", "x");
}

TEST(results_lines_and_complaints_go_together)
{
    check(mixture, "it is 0x99, on -1\na line\n\n1\nbegun: 2no\x01\xff\nx",
          ",\"value\":\"0x99\",\"cpu\":-1,\"output\":[\"a line\",\"\",{\"n\":1},\"begun: \",{\"n\":2},"
          "\"no\\u0001\\u00ff\",{\"late\":\"x\"}],\"ok\":false");
}

static void silence(struct gdb *g)
{
    (void)g;
}

static void result(struct gdb *g)
{
    gdb_fact(g, "hidden", "%s", "h");
    gdb_result(g, "{seen:%s}\n", "s");
}

TEST(no_output_is_none)
{
    check(silence, "", ",\"ok\":true");
    check(result, "s\n", ",\"hidden\":\"h\",\"seen\":\"s\",\"ok\":true");
}
