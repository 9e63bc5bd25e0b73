/* hit_rules.c: see hit_rules.h. */
#include "hit_rules.h"

#include <string.h>

#include "breakpoint.h"
#include "debugreg.h"
#include "gdbstub.h"
#include "page_walk.h"
#include "processor.h"
#include "space.h"
#include "symbols.h"
#include "thread_list.h"
#include "value.h"
#include "words.h"

#ifndef DEBUGGER_HIT_RULES
#define DEBUGGER_HIT_RULES 32
#endif

static struct rule {
    uint64_t address;
    uint64_t space;
    uint64_t thread; /* whose hits count; 0: anybody's */
    uint64_t cr3;    /* with which address space loaded; 0: any */
    uint64_t hits;   /* that counted, */
    uint64_t ignore; /* of which so many are still to be ignored */
    uint64_t every;  /* ... and of the others one in so many stops; 0: all */
    uint64_t turn;
    bool used;  /* else it is a free row */
    uint32_t noted; /* when a client has set something there, by the notes before; 0: never */
    bool told;  /* that it waits for memory */
} rules[DEBUGGER_HIT_RULES];

static bool is_rule(const struct rule *r)
{
    return r->thread || r->cr3 || r->ignore || r->every;
}

static bool is_set(const struct rule *r)
{
    return is_rule(r) || r->hits;
}

static struct rule *find(uint64_t space, uint64_t address)
{
    for (struct rule *r = rules; r < rules + DEBUGGER_HIT_RULES; r++)
        if (r->used && r->address == address && r->space == space)
            return r;
    return NULL;
}

static bool is_there(const struct rule *r)
{
    return breakpoint_at(r->space, r->address) || debugreg_watches(r->address) ||
           debugreg_executes(r->address);
}

/*
 * A free row; or that of what was set the longest time ago and is no more. gdb sets breakpoints of
 * its own for each step, and takes out all at each stop.
 */
static struct rule *find_room(void)
{
    struct rule *found = NULL;

    for (struct rule *r = rules; r < rules + DEBUGGER_HIT_RULES; r++) {
        if (!r->used)
            return r;
        if (!is_rule(r) && (!found || r->noted < found->noted) && !is_there(r))
            found = r;
    }
    return found;
}

static struct rule *make(uint64_t space, uint64_t address)
{
    struct rule *r = find(space, address);

    if (r)
        return r;
    r = find_room();
    if (r)
        *r = (struct rule){.used = true, .address = address, .space = space};
    return r;
}

void hit_rules_note(uint64_t space, uint64_t address)
{
    static uint32_t notes;
    struct rule *r = make(space, address);

    if (r)
        r->noted = ++notes;
}

/* gdb sets all that there are before each resume, so what is not set by then it has deleted. */
void hit_rules_settle(void)
{
    for (struct rule *r = rules; r < rules + DEBUGGER_HIT_RULES; r++)
        if (r->used && !is_rule(r) && !is_there(r))
            *r = (struct rule){0};
}

void hit_rules_forget(void)
{
    memset(rules, 0, sizeof(rules));
}

void hit_rules_gone(uint64_t space, uint64_t start, uint64_t end)
{
    for (struct rule *r = rules; r < rules + DEBUGGER_HIT_RULES; r++)
        if (r->used && r->space == space && r->address >= start && r->address < end)
            *r = (struct rule){0};
}

static unsigned number_of(const struct rule *r)
{
    return (unsigned)(r - rules) + 1;
}

unsigned hit_rules_number(uint64_t space, uint64_t address)
{
    const struct rule *r = find(space, address);

    return r ? number_of(r) : 0;
}

bool hit_rules_is_news(uint64_t space, uint64_t address)
{
    struct rule *r = find(space, address);
    bool news = r && !r->told;

    if (r)
        r->told = true;
    return news;
}

bool hit_rules_nth(size_t n, uint64_t *space, uint64_t *address)
{
    for (const struct rule *r = rules; r < rules + DEBUGGER_HIT_RULES; r++) {
        if (!r->used || n--)
            continue;
        *space = r->space;
        *address = r->address;
        return true;
    }
    return false;
}

/* ---- a hit, while the others run ---- */

static struct rule *find_here(uint64_t address)
{
    struct rule *r = find(SPACE_KERNEL, address);

    return r ? r : find(space_here(address), address);
}

static bool runs_here(const struct debugger_cpu *cpu, uint64_t thread)
{
    return thread == (debugger_settings.this_thread ? debugger_settings.this_thread()
                                                    : debugger_cpu_number(cpu) + 1u);
}

bool hit_rules_meant(const struct debugger_cpu *cpu, uint64_t address)
{
    const struct rule *r = find_here(address);

    return !r || ((!r->thread || runs_here(cpu, r->thread)) &&
                  (!r->cr3 || r->cr3 == (read_cr3() & PAGE_WALK_ROOT)));
}

/* Several processors may be hit at a time: each takes one off. */
static bool take_ignored(struct rule *r)
{
    uint64_t left = __atomic_load_n(&r->ignore, __ATOMIC_RELAXED);

    while (left && !__atomic_compare_exchange_n(&r->ignore, &left, left - 1, false,
                                                __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
    return left;
}

bool hit_rules_count(uint64_t address)
{
    struct rule *r = find_here(address);

    if (!r)
        return true;
    __atomic_fetch_add(&r->hits, 1, __ATOMIC_RELAXED);
    if (take_ignored(r))
        return false;
    return !r->every || __atomic_add_fetch(&r->turn, 1, __ATOMIC_RELAXED) % r->every == 0;
}

/* ---- monitor bp N ... ---- */

static void print(struct gdb *g, const struct rule *r)
{
    if (r->hits)
        gdb_row(g, ", counted {counted=%lu} times", r->hits);
    if (r->ignore)
        gdb_row(g, ", ignores the next {ignore=%lu}", r->ignore);
    if (r->every)
        gdb_row(g, ", stops at one in {every=%lu}", r->every);
    if (r->thread)
        gdb_row(g, ", for thread {thread=%lu}", r->thread);
    if (r->cr3)
        gdb_row(g, ", with cr3 {only_cr3:0x%lx}", r->cr3);
}

void hit_rules_print(struct gdb *g, uint64_t space, uint64_t address)
{
    const struct rule *r = find(space, address);

    if (r)
        print(g, r);
}

static bool set_thread(struct gdb *g, struct rule *r, const char *word)
{
    uint64_t thread = 0;
    struct gdb_thread_info info;

    if (!word_is(word, "any") && !word_number(word, &thread))
        return false;
    if (thread && debugger_settings.next_thread && !debugger_settings.this_thread)
        gdb_complain(g, "this kernel does not tell which thread runs: this_thread\n");
    else if (thread && !threads_info(thread, &info))
        gdb_complain(g, "there is no thread %lu; see monitor threads\n", thread);
    else
        r->thread = thread;
    return true;
}

static bool set_cr3(struct gdb *g, struct rule *r, char *word)
{
    uint64_t cr3 = 0;

    if (!*word)
        return false;
    if (word_is(word, "this"))
        value_register(value_thread(g), "cr3", &cr3);
    else if (!word_is(word, "any") && !debugger_value(g, &word, &cr3))
        return true;
    r->cr3 = cr3 & PAGE_WALK_ROOT;
    return true;
}

static bool set_number(struct rule *r, const char *what, const char *word)
{
    uint64_t n = 0;
    bool given = word_number(word, &n);

    if (word_is(what, "count") && (!*word || (given && n == 0))) {
        r->hits = *word ? 0 : r->hits;
    } else if (word_is(what, "ignore") && given) {
        r->ignore = n;
    } else if (word_is(what, "every") && given) {
        r->every = n > 1 ? n : 0;
        r->turn = 0;
    } else {
        return false;
    }
    return true;
}

static bool set(struct gdb *g, struct rule *r, const char *what, char *word)
{
    if (word_is(what, "thread"))
        return set_thread(g, r, word);
    return word_is(what, "cr3") ? set_cr3(g, r, word) : set_number(r, what, word);
}

/* By its number, or by its address if it has none so far. */
static struct rule *choose(struct gdb *g, char *which)
{
    uint64_t value;

    if (word_number(which, &value) && value && value <= DEBUGGER_HIT_RULES &&
        rules[value - 1].used)
        return &rules[value - 1];
    if (!debugger_value(g, &which, &value))
        return NULL;
    if ((value >> 12) == 0) {
        gdb_complain(g, "there is no breakpoint %lu; see monitor bp\n", value);
        return NULL;
    }

    struct rule *r = make(space_meant(value_thread(g), value), value);

    if (!r)
        gdb_complain(g, "%u breakpoints have rules already: DEBUGGER_HIT_RULES\n",
                     DEBUGGER_HIT_RULES);
    return r;
}

void hit_rules_command(struct gdb *g, char *which, char *args)
{
    const char *what = word_next(&args);
    char *word = word_next(&args);
    struct rule *r = *what && !*args ? choose(g, which) : NULL;

    if (!r && *what && !*args)
        return;
    if (!r || !set(g, r, what, word)) {
        if (r && !r->noted && !is_set(r))
            *r = (struct rule){0};
        gdb_complain(g, "usage: monitor bp N ignore COUNT | every COUNT | count [0] | "
                     "thread ID|any | cr3 VALUE|any|this\n");
        return;
    }
    if (!r->noted && !is_set(r)) {
        gdb_print(g, "0x%lx has no rule\n", r->address);
        *r = (struct rule){0};
        return;
    }
    gdb_row(g, "{number=%u}  {address:0x%lx}", number_of(r), r->address);
    symbol_tell(g, r->address, 0);
    print(g, r);
    gdb_print(g, "\n");
}
