/* wt_code.c: a cache of what the traced instructions are, and of the functions that they are in. */
#include "wt_state.h"

#include <string.h>

#include "breakpoint.h"
#include "step.h"
#include "symbols.h"

struct code {
    uint64_t rip, function;
    uint8_t class;
    bool classified, found;
};
#define PLACES (WT_CODE_SIZE / sizeof(struct code))

static struct code *places;

void wt_code_init(void *memory)
{
    places = memory;
    memset(places, 0, PLACES * sizeof(places[0]));
}

static struct code *place_of(uint64_t rip)
{
    struct code *c = &places[(rip ^ rip >> 12) % PLACES];

    if (c->rip != rip)
        *c = (struct code){.rip = rip};
    return c;
}

/* A breakpoint may be planted there again. */
static enum insn_class classify(uint64_t rip)
{
    const struct software_breakpoint *b = breakpoint_here(rip);
    uint8_t bytes[INSN_LENGTH_MAX];
    size_t n = step_machine.read_memory(step_machine.context, rip, bytes, sizeof(bytes));

    if (n && b && b->planted)
        bytes[0] = b->original;
    return insn_flow(bytes, n);
}

enum insn_class wt_code_class(uint64_t rip)
{
    struct code *c = place_of(rip);

    if (!c->classified)
        c->class = (uint8_t)classify(rip);
    c->classified = true;
    return c->class;
}

uint64_t wt_code_function(uint64_t rip)
{
    struct code *c = place_of(rip);
    struct symbol s;

    if (!c->found)
        c->function = symbol_at(rip, &s) ? s.address : 0;
    c->found = true;
    return c->function;
}
