/* decode.h: instructions of the image, by Zydis. */
#ifndef ELFCHECK_DECODE_H
#define ELFCHECK_DECODE_H

#include <Zydis/Zydis.h>

#include "image.h"

struct instruction {
    uint64_t address, next;
    ZydisDecodedInstruction is;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

/* The instruction at an address, as 64-bit code; false if there is none. */
bool decode(const struct image *image, uint64_t address, struct instruction *out);

/* Its length as code of a processor mode of 16, 32 or 64 bits; 0 if it is none. */
unsigned decode_length(const struct image *image, uint64_t address, unsigned bits);

/* Where a direct branch or call goes; or where an operand in memory is that names no register. */
bool decode_target(const struct instruction *in, uint64_t *target);
bool decode_constant_address(const struct instruction *in, const ZydisDecodedOperand *operand,
                             uint64_t *address);

bool decode_is_call(const struct instruction *in);
bool decode_is_jump(const struct instruction *in); /* with a condition or without */
/* Nothing flows from it to the next one. */
bool decode_ends_flow(const struct instruction *in);

#endif
