/* insn_operand.c: where the memory operands of a decoded instruction lie. */
#include "insn.h"

/* The value of one term; what is not there counts 0. */
static bool term(const struct insn *insn, uint8_t which, insn_read_register_fn *read_register,
                 void *context, uint64_t *value)
{
    *value = 0;
    if (which == INSN_NO_REGISTER)
        return true;
    if (which == INSN_RIP) {
        *value = insn->address + insn->length;
        return true;
    }
    return which != INSN_VECTOR_INDEX && read_register(context, which, value);
}

/*
 * bt, bts, btr, btc with a register: a signed bit number, counted from the operand's first bit,
 * says which operand-sized unit is meant (Intel SDM vol. 2, 3.1.1.9 "Bit(BitBase, BitOffset)").
 */
static uint64_t bit_offset(uint64_t bit_number, unsigned size)
{
    int64_t unused_bits = 64 - 8 * (int64_t)size;
    int64_t bit = (int64_t)(bit_number << unused_bits) >> unused_bits;
    int64_t bits_per_unit = 8 * (int64_t)size;
    return (uint64_t)((bit & -bits_per_unit) / 8);
}

/*
 * Intel SDM vol. 1, 3.7.5 and 3.3.7: the address size cuts the offset, then the segment's base is
 * added. In 64-bit mode only fs and gs have one.
 */
bool insn_effective_address(const struct insn *insn, unsigned operand,
                            insn_read_register_fn *read_register, void *context, uint64_t *address)
{
    if (operand >= insn->memory_count)
        return false;
    const struct insn_memory *m = &insn->memory[operand];
    uint64_t segment, base, index, bit;

    if (!term(insn, m->segment, read_register, context, &segment) ||
        !term(insn, m->base, read_register, context, &base) ||
        !term(insn, m->index, read_register, context, &index) ||
        !term(insn, m->bit_index, read_register, context, &bit))
        return false;
    uint64_t offset = base + index * m->scale + (uint64_t)m->displacement;
    if (m->bit_index != INSN_NO_REGISTER)
        offset += bit_offset(bit, m->size);
    if (m->address_size == 4)
        offset = (uint32_t)offset;
    *address = segment + offset;
    return true;
}
