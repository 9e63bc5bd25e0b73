/*
 * displaced_memory.h: the machine's memory for an instruction that is emulated on its way past a
 * breakpoint. Nothing is done to what is watched: the processor has to see that itself.
 */
#ifndef TRAPLINE_DISPLACED_MEMORY_H
#define TRAPLINE_DISPLACED_MEMORY_H

#include "emulate.h"

/* The handler's stack, up to what the processor has pushed: that is left by its copy. */
struct own_stack {
    uint64_t low, high;
};

/* Loads and stores; none to own, which has to stay. */
struct emulate_memory displaced_memory(struct own_stack *own);

#endif
