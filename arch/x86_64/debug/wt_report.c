/* wt_report.c: what a trace has found, for people, and as folded stacks for scripts/wt2svg. */
#include "wt_state.h"

#include <string.h>

#include "debugger.h"
#include "gdbstub.h"
#include "symbols.h"

#define INDENT_MAX 40 /* calls within each other that are still seen by the margin */

/* ---- names ---- */

struct place {
    char name[SYMBOL_NAME_MAX];
    char home[SYMBOL_HOME_MAX];
};

static void find(uint64_t address, struct place *out)
{
    struct symbol s;

    if (symbol_at(address, &s)) {
        memcpy(out->name, s.name, sizeof(out->name));
        memcpy(out->home, s.home, sizeof(out->home));
    } else {
        gdb_sprint(out->name, sizeof(out->name), "0x%lx", address);
        gdb_sprint(out->home, sizeof(out->home), (int64_t)address < 0 ? "?" : "user");
    }
}

/* -module: the others' instructions count, but they have no lines. */
static bool is_shown(const struct place *p)
{
    return !wt.module[0] || strcmp(wt.module, p->home) == 0;
}

/* The first place stands for all functions that there was no room for. */
static void find_function(uint32_t n, struct place *out)
{
    if (n) {
        find(wt.tree.functions[n].address, out);
        return;
    }
    gdb_sprint(out->name, sizeof(out->name), "(other functions)");
    out->home[0] = '\0';
}

/* ---- lines ---- */

static void print_line(struct gdb *g, const struct call_line *line)
{
    struct place p;

    find_function(line->function, &p);
    if (!is_shown(&p) || line->depth > wt.tree.depth_max)
        return;
    gdb_row(g, "{own=%7u} {below=%7u} [{depth=%3u}] ", line->own, line->below, line->depth);
    for (unsigned i = 0; i < line->depth && i < INDENT_MAX; i++)
        gdb_print(g, "  ");
    gdb_row(g, "{function:%s} [{module:%s}]\n", p.name, p.home);
}

/* A program's rows have names. */
static void print_head(struct gdb *g, const char *text)
{
    if (!g->json)
        gdb_print(g, "%s\n", text);
}

static void print_lines(struct gdb *g, uint32_t max)
{
    const struct call_tree *tree = &wt.tree;
    uint32_t n = 0;

    print_head(g, "    own   below  depth  function");
    for (; n < tree->line_count && n < max && !gdb_interrupted(g); n++)
        print_line(g, &tree->lines[n]);
    if (n == max && n < tree->line_count)
        gdb_row(g, "... {more=%u} more lines: monitor wt -show\n", tree->line_count - n);
    if (tree->lines_lost)
        gdb_row(g, "... {lost=%u} lines for which there was no memory; the table has them all\n",
                tree->lines_lost);
}

/* ---- the table ---- */

/* The function with the most instructions of those with fewer than the last one, in order. */
static uint32_t next_function(uint32_t last)
{
    const struct call_function *f = wt.tree.functions;
    uint32_t found = UINT32_MAX;

    for (uint32_t n = 0; n < wt.tree.function_max; n++) {
        bool is_after = last == UINT32_MAX || f[n].own < f[last].own ||
                        (f[n].own == f[last].own && n > last);

        if (f[n].calls && is_after && (found == UINT32_MAX || f[n].own > f[found].own))
            found = n;
    }
    return found;
}

static void print_function(struct gdb *g, const struct call_function *f, const struct place *p)
{
    uint32_t closed = f->calls - f->open;

    gdb_row(g, "{calls=%7u} {total=%8u} ", f->calls, f->own);
    if (closed)
        gdb_row(g, "{min=%7u} {max=%7u} ", f->min, f->max);
    else
        gdb_row(g, "%7s %7s ", "-", "-");
    gdb_row(g, "{avg=%7u}  {function:%s} [{module:%s}]", f->own / f->calls, p->name, p->home);
    gdb_row(g, f->open ? " ({problem:has not returned})\n" : "\n");
}

static void print_table(struct gdb *g)
{
    uint32_t hidden = 0;

    print_head(g, "\n  calls     total     min     max     avg  function");
    for (uint32_t n = next_function(UINT32_MAX); n != UINT32_MAX && !gdb_interrupted(g);
         n = next_function(n)) {
        struct place p;

        find_function(n, &p);
        if (is_shown(&p))
            print_function(g, &wt.tree.functions[n], &p);
        else
            hidden += wt.tree.functions[n].own;
    }
    if (hidden)
        gdb_row(g, "        {total=%8u}  {module:in other modules}\n", hidden);
}

/* ---- folded stacks ---- */

static void print_stack(struct gdb *g, uint32_t node)
{
    uint32_t path[CALL_TREE_FRAMES];
    uint32_t n = 0;

    for (; node && n < CALL_TREE_FRAMES; node = wt.tree.nodes[node].parent)
        path[n++] = wt.tree.nodes[node].function;
    while (n) {
        struct place p;

        find_function(path[--n], &p);
        gdb_print(g, "%s%s", p.name, n ? ";" : "");
    }
}

/* As flame graphs are made of: the calls from the first on, and the instructions of the last. */
static void print_folded(struct gdb *g)
{
    for (uint32_t n = 1; n < wt.tree.node_count && !gdb_interrupted(g); n++) {
        if (!wt.tree.nodes[n].own)
            continue;
        print_stack(g, n);
        gdb_print(g, " %u\n", wt.tree.nodes[n].own);
    }
    if (wt.tree.nodes_lost)
        gdb_print(g, "# %u calls for which there was no memory are their callers'\n",
                  wt.tree.nodes_lost);
}

/* ---- all of it ---- */

static uint64_t rate(void)
{
    uint64_t hz = debugger_settings.tsc_hz ? *debugger_settings.tsc_hz : 0;

    return hz && wt.cycles ? wt.total * hz / wt.cycles : 0;
}

/* For a program, all of it at the beginning. */
static void print_facts(struct gdb *g)
{
    gdb_fact(g, "ended", "%s", wt.ended);
    gdb_fact(g, "at", "0x%lx", wt.rip);
    gdb_result(g, "{instructions=%u}{calls=%u}{system_calls=%u}", wt.total, wt.calls,
               wt.system_calls);
    gdb_result(g, "{functions=%u}{away=%u}{per_second=%lu}", wt.tree.function_count,
               wt.away_times, rate());
}

static void print_number(struct gdb *g, const char *before, uint32_t n, const char *what)
{
    gdb_print(g, "%s%u %s%s", before, n, what, n == 1 ? "" : "s");
}

static void print_sum(struct gdb *g)
{
    char text[SYMBOL_TEXT_MAX];

    print_number(g, "\n", wt.total, "instruction");
    if (wt.has_tree) {
        print_number(g, " in ", wt.tree.function_count, "function");
        print_number(g, ", ", wt.calls, "call");
        print_number(g, ", ", wt.system_calls, "system call");
    }
    if (rate())
        gdb_print(g, ", %lu instructions/s", rate());
    gdb_print(g, "\n");
    if (wt.away_times) {
        print_number(g, "others ran ", wt.away_times, "time");
        gdb_print(g, " in between, while it waited or was not its turn\n");
    }
    gdb_print(g, "%s: now at %s\n", wt.ended, symbol_text(wt.rip, text, sizeof(text)));
}

void wt_report(struct gdb *g, uint32_t lines_max)
{
    if (g->json)
        print_facts(g);
    if (wt.has_tree && wt.folded) {
        print_folded(g);
    } else if (wt.has_tree) {
        if (!wt.count_only)
            print_lines(g, lines_max);
        print_table(g);
    }
    if (!wt.folded && !g->json)
        print_sum(g);
}
