/*
 * machine.h: instructions, executed on what is known of the registers: not numbers, but where they
 * come from. Enough to follow a stack through pushes, pops and moves, and pointers through
 * structures; all else makes a register unknown.
 */
#ifndef ELFCHECK_MACHINE_H
#define ELFCHECK_MACHINE_H

#include "decode.h"
#include "types.h"

enum value_kind {
    UNKNOWN,
    ENTRY,    /* what the caller, or the interrupted code, has in a register; plus an offset */
    CFA,      /* the address above what the call or the exception pushed; plus an offset */
    STACK,    /* a stack pointer that came from elsewhere, plus an offset */
    PER_CPU,  /* GS base plus an offset */
    CONSTANT, /* the offset */
};

/* The type is known or not independently of the kind. */
struct value {
    uint8_t kind, reg; /* enum dwarf_register */
    int64_t offset;
    bool object;         /* the address of something of that type; else the type is its own */
    type_id type;
    int64_t at;          /* how far it points into what it points to */
    struct place origin; /* which member of which structure it was loaded from */
};

struct word { /* in memory */
    struct value address, value;
};

#define WORDS 64

struct state {
    struct value registers[16], flags;
    struct word words[WORDS];
    unsigned count;
    struct value left; /* the stack pointer that was stored, for another thread's to be loaded */
};

struct machine {
    uint64_t function; /* where it begins: for what DWARF knows of its stack frame */
    bool trusting;     /* a call leaves alone what is used after it: true of what a compiler made */
    const struct image *image;
    const struct types *types;
};

bool value_same(const struct value *a, const struct value *b);
struct value value_entry(unsigned reg, int64_t offset);
struct value value_cfa(int64_t offset);
/* "rbx", "CFA-8", "unknown": for a message; valid until the fourth call from here. */
const char *value_text(const struct value *value);

/* Registers are what they were at the entry, rsp is so far below the CFA. */
void state_enter(struct state *state, int64_t below);
/* Forget in which the other differs; true if that is anything. */
bool state_join(struct state *into, const struct state *other);
const struct value *state_word(const struct state *state, const struct value *address);
void state_store(struct state *state, const struct value *address, const struct value *value,
                 unsigned size);

/* Which of enum dwarf_register a register of 64 bits or a part of it is; -1: none of the 16. */
int register_of(ZydisRegister reg);
struct value machine_address(const struct machine *machine, const struct state *state,
                             const struct instruction *in, const ZydisDecodedOperand *operand);
/* What the operand's value is: a register's, memory's, or a constant. */
struct value machine_value(const struct machine *machine, const struct state *state,
                           const struct instruction *in, const ZydisDecodedOperand *operand);
/* The types of the parameters of the function that begins at address: psABI, figure 3.4. */
void machine_arguments(const struct machine *machine, struct state *state, uint64_t address);
/* Execute one instruction; a call as a whole. */
void machine_step(const struct machine *machine, struct state *state,
                  const struct instruction *in);

#endif
