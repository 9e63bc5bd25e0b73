/* displaced_copy.c: which instructions can be executed elsewhere, and how they read there. */
#include "displaced_copy.h"

#include <string.h>

static bool is_prefix(uint8_t byte)
{
    static const uint8_t prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
                                       0x66, 0x67, 0xf0, 0xf2, 0xf3};

    for (size_t i = 0; i < sizeof(prefixes); i++) {
        if (byte == prefixes[i])
            return true;
    }
    return (byte & 0xf0) == 0x40; /* REX */
}

/* Escape opcodes: the x87 remembers where its last instruction was. */
static bool is_x87(const struct insn *insn)
{
    const uint8_t *byte = insn->bytes;

    while (byte < insn->bytes + insn->length - 1 && is_prefix(*byte))
        byte++;
    return (*byte & 0xf8) == 0xd8;
}

/*
 * What goes elsewhere, or shows the flags or where it is, would not be the same in a slot, and what
 * enters another mode would not come back. The rest can only name rip to address memory.
 */
static bool may_move(const struct insn *insn)
{
    if (is_x87(insn))
        return false;
    switch (insn->class) {
    case INSN_ORDINARY:
    case INSN_UNDEFINED:
    case INSN_REP_STRING:
    case INSN_MOV_CR:
    case INSN_MOV_DR:
    case INSN_MSR:
    case INSN_SWAPGS:
        return true;
    default:
        return false;
    }
}

/* The same memory as seen from the slot. False: it is too far away. */
static bool relocate(uint8_t *code, const struct insn *insn, uint64_t place)
{
    int32_t displacement;

    if (!insn->rip_displacement)
        return true;
    memcpy(&displacement, code + insn->rip_displacement, sizeof(displacement));

    int64_t moved = displacement + (int64_t)(insn->address - place);

    displacement = (int32_t)moved;
    memcpy(code + insn->rip_displacement, &displacement, sizeof(displacement));
    return displacement == moved;
}

bool displaced_copy(uint8_t *code, const struct insn *insn, uint64_t place)
{
    if (!may_move(insn))
        return false;
    memcpy(code, insn->bytes, insn->length);
    return relocate(code, insn, place);
}
