/*
 * flow.h: code executed along all of its paths at once, by machine.h, until nothing new is learnt:
 * what is true before each instruction, however it was reached.
 */
#ifndef ELFCHECK_FLOW_H
#define ELFCHECK_FLOW_H

#include "checks.h"
#include "machine.h"

struct node {
    struct instruction in;
    struct state *before; /* NULL: not reached */
    bool waiting;
};

struct flow {
    struct subject *subject;
    struct machine machine;
    struct node *nodes; /* by address */
    size_t count;
    size_t *queue, queued;
    const struct local *locals; /* of what was added last: those that begin in it */
    size_t local_count;
    uint64_t (*guards)[2]; /* instruction, fixup */
    size_t guard_count;
};

void flow_open(struct flow *flow, struct subject *subject);
void flow_close(struct flow *flow);

/* All instructions of a range; ranges are added from low to high. False: it is not all code. */
bool flow_add(struct flow *flow, struct range range);
struct node *flow_node(const struct flow *flow, uint64_t address);
/* The machine may be in that state before the instruction at address. */
void flow_enter(struct flow *flow, uint64_t address, const struct state *state);
/* Follow every path to its end. */
void flow_run(struct flow *flow);

/* All code of the assembler's that has an unwinder, entered in every way that it is: entry.c. */
void assembly_flow(struct flow *flow, struct report *report);
/* What goes on behind a jump in a vector's entry has come by "int n", which pushes no error code. */
void enter_without_code(const struct flow *flow, const struct node *node, struct state *state);
/* The number in the name of a vector's entry. */
bool is_syscall(const struct subject *subject, uint64_t address);
bool vector_of(const struct subject *subject, uint64_t address, unsigned *vector);
/* DWARF_REGISTERS if there is none of that name. */
unsigned register_named(const char *name);

#endif
