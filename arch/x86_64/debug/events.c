/*
 * events.c: a policy for each exception, and "monitor catch", which shows and changes it.
 */
#include "events.h"

#include <stdbool.h>
#include <string.h>

#include "gdbstub.h"
#include "processor.h"
#include "vectors.h"

#define ALL VECTOR_COUNT

static const struct {
    const char *word, *meaning;
} policies[] = {
    [EVENT_FIRST] = {"first", "stops before the kernel's handler"},
    [EVENT_SECOND] = {"second", "stops if the kernel's handler cannot resolve it"},
    [EVENT_NOTIFY] = {"notify", "is told to a client that waits, and left to the kernel"},
    [EVENT_IGNORE] = {"ignore", "is left to the kernel"},
};
#define POLICIES (sizeof(policies) / sizeof(policies[0]))

/* Of the kernel's own exceptions, and of those of programs. */
enum { KERNEL, USER, RINGS };
static uint8_t chosen[RINGS][VECTOR_COUNT];

static uint64_t sent_to; /* by a client: a program */

void event_init(uint32_t second_chance)
{
    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++) {
        chosen[KERNEL][vector] = second_chance >> vector & 1 ? EVENT_SECOND : EVENT_FIRST;
        chosen[USER][vector] = EVENT_IGNORE;
    }
}

/* These interrupt a program, but they are not of its making. */
static bool is_machines(unsigned vector)
{
    return vector == VECTOR_NMI || vector == VECTOR_DOUBLE_FAULT || vector == VECTOR_MACHINE_CHECK;
}

void event_sent_to(uint64_t rip)
{
    sent_to = rip;
}

enum event_policy event_policy(const struct trap_frame *frame, unsigned vector)
{
    if ((frame->cs & 3) && vector == VECTOR_PAGE_FAULT && (int64_t)frame->rip < 0 &&
        frame->rip == sent_to)
        return EVENT_FIRST;
    return chosen[(frame->cs & 3) && !is_machines(vector) ? USER : KERNEL][vector];
}

/* Breakpoints are how the debugger itself works. */
static bool is_ours(unsigned vector)
{
    return vector == VECTOR_BREAKPOINT;
}

/* #DB is about traps that the program asks for: not among the mistakes. */
static bool is_mistake(unsigned vector)
{
    return !is_ours(vector) && vector != VECTOR_DEBUG;
}

static void show(struct gdb *g, unsigned ring, unsigned vector)
{
    const struct vector_row *row = vector_row(vector);

    gdb_row(g, "{vector=%2u} {mnemonic:%-3s}  {policy:%-6s}  {name:%s}\n", vector, row->mnemonic,
            is_ours(vector) ? "-" : policies[chosen[ring][vector]].word, row->name);
}

static void show_all(struct gdb *g, unsigned ring)
{
    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++)
        if (vector_row(vector) && !(ring == USER && is_machines(vector)))
            show(g, ring, vector);
}

static void usage(struct gdb *g)
{
    gdb_complain(g, "usage: monitor catch [user] [NAME | NUMBER | all [POLICY]]\n");
    gdb_print(g, "an exception (pf or 14; monitor catch lists them), of programs with user\n");
    for (unsigned i = 0; i < POLICIES; i++)
        gdb_print(g, "  %-6s  %s\n", policies[i].word, policies[i].meaning);
}

/* "14", "pf" or "all"; a number above ALL if it is none of them. */
static unsigned parse_vector(const char *word)
{
    unsigned number = 0;

    if (strcmp(word, "all") == 0)
        return ALL;
    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++)
        if (vector_row(vector) && strcmp(word, vector_row(vector)->mnemonic) == 0)
            return vector;
    for (; *word >= '0' && *word <= '9' && number <= ALL; word++)
        number = number * 10 + (unsigned)(*word - '0');
    return *word || number >= ALL || !vector_row(number) ? ALL + 1 : number;
}

static unsigned parse_policy(const char *word)
{
    unsigned i = 0;

    while (i < POLICIES && strcmp(word, policies[i].word) != 0)
        i++;
    return i;
}

static void set(unsigned ring, unsigned vector, uint8_t policy)
{
    if (vector != ALL)
        chosen[ring][vector] = policy;
    for (unsigned i = 0; vector == ALL && i < VECTOR_COUNT; i++) {
        if (is_mistake(i))
            chosen[ring][i] = policy;
    }
}

/* Cut the first word off, and the blanks behind it; the rest. */
static char *split(char *text)
{
    while (*text && *text != ' ')
        text++;
    while (*text == ' ')
        *text++ = '\0';
    return text;
}

static void command(struct gdb *g, unsigned ring, const char *name, char *word)
{
    char *rest = split(word);
    unsigned vector = parse_vector(name);
    unsigned policy = parse_policy(word);

    if (!*name) {
        show_all(g, ring);
    } else if (vector > ALL || *rest || (*word && policy == POLICIES)) {
        usage(g);
    } else if (*word && is_ours(vector)) {
        gdb_print(g, "%s is the debugger's own: it always stops\n", vector_row(vector)->name);
    } else {
        if (*word)
            set(ring, vector, (uint8_t)policy);
        if (vector == ALL)
            show_all(g, ring);
        else
            show(g, ring, vector);
    }
}

void event_command(struct gdb *g, char *args)
{
    char *rest = split(args);

    if (strcmp(args, "user") != 0)
        command(g, KERNEL, args, rest);
    else
        command(g, USER, rest, split(rest));
}
