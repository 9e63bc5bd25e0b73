/*
 * monitor.c: gdb's "monitor" as a command line: "lm", "-j lm" for a line of JSON, "help lm"; a name
 * may be as short as makes it the only one.
 */
#include "monitor.h"

#include <string.h>

#include "gdbstub.h"
#include "monitor_table.h"
#include "words.h"

static bool begins(const char *name, const char *word)
{
    size_t n = strlen(word);

    return strlen(name) >= n && memcmp(name, word, n) == 0;
}

static const struct debugger_command *exactly(const char *word)
{
    const struct debugger_command *c;

    for (size_t i = 0; (c = monitor_nth(i)) != NULL; i++)
        if (word_is(word, c->name))
            return c;
    return NULL;
}

/* The whole name, or the only one that begins with the word. Otherwise the client is told. */
static const struct debugger_command *find(struct gdb *g, const char *word)
{
    const struct debugger_command *c, *found = exactly(word);
    unsigned matches = 0;

    for (size_t i = 0; !found && (c = monitor_nth(i)) != NULL; i++)
        matches += begins(c->name, word);
    for (size_t i = 0; !found && matches == 1 && (c = monitor_nth(i)) != NULL; i++)
        found = begins(c->name, word) ? c : NULL;
    if (found)
        return found;
    gdb_complain(g, matches ? "%s: more than one command begins like that:"
                            : "%s: no such command; see monitor help", word);
    for (size_t i = 0; matches && (c = monitor_nth(i)) != NULL; i++)
        if (begins(c->name, word))
            gdb_print(g, " %s", c->name);
    gdb_print(g, "\n");
    return NULL;
}

static void explain(struct gdb *g, const struct debugger_command *c)
{
    gdb_row(g, "monitor {name:%s}%s{usage:%s}: {help:%s}\n", c->name, c->usage ? " " : "",
            c->usage ? c->usage : "", c->help);
}

void monitor_help(struct gdb *g, char *args)
{
    const struct debugger_command *c;
    const char *word = word_next(&args);

    if (word_is(word, "all")) {
        for (size_t i = 0; (c = monitor_nth(i)) != NULL; i++)
            explain(g, c);
    } else if (*word) {
        c = find(g, word);
        if (c)
            explain(g, c);
    } else {
        for (size_t i = 0; (c = monitor_nth(i)) != NULL; i++)
            gdb_row(g, "{name:%s}: {help:%s}\n", c->name, c->help);
    }
}

static const struct debugger_command *running;

void monitor_usage(struct gdb *g)
{
    gdb_complain(g, "usage: monitor %s%s%s\n", running->name, running->usage ? " " : "",
                 running->usage ? running->usage : "");
}

void monitor_run(void *context, struct gdb *g, char *line)
{
    const char *word = word_next(&line);
    bool json = word_is(word, "-j");

    (void)context;
    if (json)
        word = word_next(&line);
    if (!*word)
        word = "help";
    if (json)
        gdb_json_begin(g, word);

    running = find(g, word);
    if (running && *line && !running->usage)
        monitor_usage(g);
    else if (running)
        running->run(g, line);
    if (json)
        gdb_json_end(g);
}
