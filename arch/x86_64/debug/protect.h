/*
 * protect.h: what a client must not break, write or watch, as the debugger could not go on.
 */
#ifndef TRAPLINE_PROTECT_H
#define TRAPLINE_PROTECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why these bytes cannot be touched, for the client; valid until the next call. NULL: they can. */
const char *protect_refusal(uint64_t address, uint64_t length);

/* How many of n bytes lie before the first that cannot. */
size_t protect_writable(uint64_t address, size_t n);

/* Code of the debugger itself. */
bool protect_is_own_code(uint64_t rip);

/* It is in one of the ranges that protect_refusal() refuses. */
bool protect_holds(uint64_t address);

/* Where the processor goes for a vector: the offset in its gate; 0 if the IDT has none. */
uint64_t protect_entry(unsigned vector);

/* The gate's IST: the number of the stack that the vector has for its own, 0 for none. */
unsigned protect_entry_stack(unsigned vector);

#endif
