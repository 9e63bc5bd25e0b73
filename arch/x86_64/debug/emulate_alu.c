/* emulate_alu.c: arithmetic, logic and their flags (Intel SDM vol. 1, 3.4.3.1 "Status Flags"). */
#include "emulate_code.h"

enum { ADD, OR, ADC, SBB, AND, SUB, XOR, CMP };

#define STATUS (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

/* What came out, and where bits were carried out of each place, borrowed or lost. */
struct sum {
    uint64_t value, carries, overflows, nibble;
};

static struct sum added(uint64_t a, uint64_t b, uint64_t carry)
{
    uint64_t r = a + b + carry;

    return (struct sum){r, (a & b) | ((a | b) & ~r), (a ^ r) & (b ^ r), a ^ b ^ r};
}

static struct sum subtracted(uint64_t a, uint64_t b, uint64_t borrow)
{
    uint64_t r = a - b - borrow;

    return (struct sum){r, (~a & b) | ((~a | b) & r), (a ^ b) & (a ^ r), a ^ b ^ r};
}

/* AF is undefined after logic; processors and QEMU 7.2 clear it. */
static struct sum calculate(const struct code *c, unsigned operation, uint64_t a, uint64_t b)
{
    uint64_t carry = c->frame.rflags & FLAG_CF;

    switch (operation) {
    case ADD:
        return added(a, b, 0);
    case ADC:
        return added(a, b, carry);
    case SBB:
        return subtracted(a, b, carry);
    case SUB:
    case CMP:
        return subtracted(a, b, 0);
    case OR:
        return (struct sum){.value = a | b};
    case AND:
        return (struct sum){.value = a & b};
    default:
        return (struct sum){.value = a ^ b};
    }
}

/* Set if the low byte has an even number of bits. */
static bool parity(uint64_t value)
{
    unsigned byte = value & 0xff;

    byte ^= byte >> 4;
    return !(0x6996u >> (byte & 15) & 1);
}

static void set_flags(struct code *c, const struct sum *sum, uint64_t which)
{
    unsigned top = 8u * c->size - 1;
    uint64_t flags = (sum->carries >> top & 1 ? FLAG_CF : 0) |
                     (parity(sum->value) ? FLAG_PF : 0) | (sum->nibble & FLAG_AF) |
                     (sum->value << (63 - top) == 0 ? FLAG_ZF : 0) |
                     (sum->value >> top & 1 ? FLAG_SF : 0) |
                     (sum->overflows >> top & 1 ? FLAG_OF : 0);

    c->frame.rflags = (c->frame.rflags & ~which) | (flags & which);
}

/* ---- the instructions ---- */

static bool to_operand(struct code *c, unsigned operation, uint64_t b)
{
    uint64_t a;

    if (!emulate_read(c, c->size, &a))
        return false;

    struct sum sum = calculate(c, operation, a, b);

    set_flags(c, &sum, STATUS);
    return operation == CMP || emulate_write(c, sum.value);
}

static void to_register(struct code *c, unsigned n, unsigned operation, uint64_t b)
{
    struct sum sum = calculate(c, operation, emulate_get(c, n, c->size), b);

    set_flags(c, &sum, STATUS);
    if (operation != CMP)
        emulate_set(c, n, sum.value);
}

bool emulate_alu_to(struct code *c)
{
    return to_operand(c, c->opcode >> 3, emulate_get(c, c->reg, c->size));
}

bool emulate_alu_from(struct code *c)
{
    uint64_t b;

    if (!emulate_read(c, c->size, &b))
        return false;
    to_register(c, c->reg, c->opcode >> 3, b);
    return true;
}

bool emulate_alu_accumulator(struct code *c)
{
    to_register(c, 0, c->opcode >> 3, c->immediate);
    return true;
}

bool emulate_alu_immediate(struct code *c)
{
    return to_operand(c, c->extension, c->immediate);
}

static bool test(struct code *c, uint64_t a, uint64_t b)
{
    struct sum sum = calculate(c, AND, a, b);

    set_flags(c, &sum, STATUS);
    return true;
}

bool emulate_test(struct code *c)
{
    uint64_t a;

    return emulate_read(c, c->size, &a) && test(c, a, emulate_get(c, c->reg, c->size));
}

bool emulate_test_accumulator(struct code *c)
{
    return test(c, emulate_get(c, 0, c->size), c->immediate);
}

bool emulate_count(struct code *c, bool down)
{
    uint64_t a;

    if (!emulate_read(c, c->size, &a))
        return false;

    struct sum sum = down ? subtracted(a, 1, 0) : added(a, 1, 0);

    set_flags(c, &sum, STATUS & ~(uint64_t)FLAG_CF);
    return emulate_write(c, sum.value);
}

/* Each in pairs, of which the second is the opposite. */
bool emulate_holds(const struct code *c, unsigned n)
{
    uint64_t flags = c->frame.rflags;
    bool less = !(flags & FLAG_SF) != !(flags & FLAG_OF);
    const bool conditions[] = {
        flags & FLAG_OF, flags & FLAG_CF, flags & FLAG_ZF, flags & (FLAG_CF | FLAG_ZF),
        flags & FLAG_SF, flags & FLAG_PF, less,            less || (flags & FLAG_ZF),
    };

    return conditions[n >> 1] != (n & 1);
}
