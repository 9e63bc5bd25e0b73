/*
 * emulate.h: what functions begin with and return by, done on a trap frame instead of by the
 * processor. For the instruction under a breakpoint that is passed without a word: nothing has to
 * be taken out for it, and no other processor has to wait.
 *
 * Known are the moves, loads and stores, the arithmetic and logic of general registers, push, pop,
 * near calls, jumps and returns, in the forms that compilers use: operands of 1, 4 and 8 bytes, no
 * prefix but REX. Flags come out as the processor leaves them (Intel SDM vol. 2). All else is left
 * to others, and so is what would fault.
 *
 * Pure but for the callbacks, and needs no decoder: 64-bit code in ring 0, without CET.
 */
#ifndef TRAPLINE_EMULATE_H
#define TRAPLINE_EMULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

/*
 * Memory as the instruction itself would see it: 1, 2, 4 or 8 bytes in one access, with the rights
 * that it has. False: it would fault or may not be done here, and nothing has changed.
 */
struct emulate_memory {
    void *context;
    bool (*load)(void *context, uint64_t address, unsigned size, uint64_t *value);
    bool (*store)(void *context, uint64_t address, unsigned size, uint64_t value);
};

/*
 * The frame after the instruction at frame->rip, of whose bytes n are at hand. False: not one of
 * those, and neither frame nor memory have changed. At most one store is made, as the last thing
 * before the frame changes.
 */
bool emulate(struct trap_frame *frame, const uint8_t *bytes, size_t n,
             const struct emulate_memory *memory);

/* Is it one of those? */
bool emulate_knows(const uint8_t *bytes, size_t n);

#endif
