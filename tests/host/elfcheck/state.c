/* state.c: what is known of registers and memory. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "machine.h"

bool value_same(const struct value *a, const struct value *b)
{
    return a->kind != UNKNOWN && a->kind == b->kind && a->reg == b->reg && a->offset == b->offset;
}

struct value value_entry(unsigned reg, int64_t offset)
{
    return (struct value){.kind = ENTRY, .reg = (uint8_t)reg, .offset = offset};
}

struct value value_cfa(int64_t offset)
{
    return (struct value){.kind = CFA, .offset = offset};
}

const char *value_text(const struct value *value)
{
    static char text[4][48];
    static unsigned turn;
    static const char *const names[] = {"unknown", "", "CFA", "new stack", "gs:",
                                        "constant "};
    char *out = text[turn++ % 4];
    const char *name = value->kind == ENTRY ? dwarf_register_name(value->reg) : names[value->kind];

    if (value->kind == UNKNOWN || (value->offset == 0 && value->kind != CONSTANT))
        snprintf(out, sizeof(text[0]), "%s", name);
    else
        snprintf(out, sizeof(text[0]), "%s%+" PRId64, name, value->offset);
    return out;
}

void state_enter(struct state *state, int64_t below)
{
    memset(state, 0, sizeof(*state));
    for (unsigned i = 0; i < 16; i++)
        state->registers[i] = value_entry(i, 0);
    state->registers[REG_RSP] = value_cfa(-below);
    state->flags = value_entry(REG_RFLAGS, 0);
}

static bool join_value(struct value *into, const struct value *other)
{
    struct value before = *into;

    if (!value_same(into, other))
        into->kind = UNKNOWN;
    /* If only at differs, it goes through an array. */
    if (into->type != other->type || into->object != other->object)
        into->type = 0, into->at = 0, into->object = false;
    if (into->origin.member != other->origin.member)
        into->origin = (struct place){0};
    return into->kind != before.kind || into->type != before.type || into->at != before.at ||
           into->origin.member != before.origin.member;
}

bool state_join(struct state *into, const struct state *other)
{
    bool changed = false;

    for (unsigned i = 0; i < 16; i++)
        changed |= join_value(&into->registers[i], &other->registers[i]);
    changed |= join_value(&into->flags, &other->flags);
    changed |= join_value(&into->left, &other->left);
    for (unsigned i = 0; i < into->count;) {
        const struct value *theirs = state_word(other, &into->words[i].address);

        if (theirs == NULL) {
            into->words[i] = into->words[--into->count];
            changed = true;
        } else {
            changed |= join_value(&into->words[i++].value, theirs);
        }
    }
    return changed;
}

const struct value *state_word(const struct state *state, const struct value *address)
{
    for (unsigned i = 0; i < state->count; i++) {
        if (value_same(&state->words[i].address, address))
            return &state->words[i].value;
    }
    return NULL;
}

static bool overlap(const struct value *word, const struct value *address, unsigned size)
{
    return word->kind == address->kind && word->reg == address->reg &&
           address->offset < word->offset + 8 && word->offset < address->offset + (int64_t)size;
}

/* Memory whose address is unknown is taken to be none that is known. */
void state_store(struct state *state, const struct value *address, const struct value *value,
                 unsigned size)
{
    if (address->kind == UNKNOWN)
        return;
    for (unsigned i = 0; i < state->count;) {
        if (overlap(&state->words[i].address, address, size))
            state->words[i] = state->words[--state->count];
        else
            i++;
    }
    if (size == 8 && state->count < WORDS)
        state->words[state->count++] = (struct word){*address, *value};
}
