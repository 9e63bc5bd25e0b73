/* displaced_copy.h: an instruction for another place than its own. Pure. */
#ifndef TRAPLINE_DISPLACED_COPY_H
#define TRAPLINE_DISPLACED_COPY_H

#include "insn.h"

/*
 * What does the same at a place as the instruction does where it is, but for rip, which is off by
 * the distance afterwards, and to the same memory. As long as the instruction; false: there is no
 * such thing.
 */
bool displaced_copy(uint8_t *code, const struct insn *insn, uint64_t place);

#endif
