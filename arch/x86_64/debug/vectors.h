/*
 * vectors.h: what the exceptions of the processor mean to a client.
 */
#ifndef TRAPLINE_VECTORS_H
#define TRAPLINE_VECTORS_H

#include <stdbool.h>
#include <stdint.h>

struct vector_row {
    const char *mnemonic; /* "pf" for #PF, as monitor catch takes it */
    const char *name;
    uint8_t signal; /* the protocol's */
};

/* The row of a vector 0..31; NULL if it is reserved (Intel SDM vol. 3, table 6-1). */
const struct vector_row *vector_row(unsigned vector);

/* rip is at the instruction, which raises it again when it is tried again. */
bool vector_is_fault(unsigned vector);

/* The protocol's signal; SIGABRT for what has no row. */
uint8_t vector_signal(unsigned vector);

#endif
