/* emulate_move.c: operands, and the instructions that only move them; calls, jumps and returns. */
#include "emulate_code.h"

uint64_t *emulate_register(struct code *c, unsigned n)
{
    static const uint8_t offsets[16] = {
        FRAME_RAX, FRAME_RCX, FRAME_RDX, FRAME_RBX, FRAME_RSP, FRAME_RBP, FRAME_RSI, FRAME_RDI,
        FRAME_R8,  FRAME_R9,  FRAME_R10, FRAME_R11, FRAME_R12, FRAME_R13, FRAME_R14, FRAME_R15,
    };

    return (uint64_t *)((char *)&c->frame + offsets[n]);
}

static unsigned register_in_opcode(const struct code *c)
{
    return (c->opcode & 7u) | (c->rex & REX_B) << 3;
}

static uint64_t cut(uint64_t value, unsigned size)
{
    return size == 8 ? value : value & ((1ull << 8 * size) - 1);
}

/* Without REX the bytes 4 to 7 are ah, ch, dh and bh. */
static bool is_high_byte(const struct code *c, unsigned n, unsigned size)
{
    return size == 1 && !c->rex && n >= 4;
}

uint64_t emulate_get(struct code *c, unsigned n, unsigned size)
{
    c->bad |= is_high_byte(c, n, size);
    return cut(*emulate_register(c, n), size);
}

void emulate_set(struct code *c, unsigned n, uint64_t value)
{
    uint64_t *to = emulate_register(c, n);

    c->bad |= is_high_byte(c, n, c->size);
    *to = c->size == 1 ? (*to & ~0xffull) | (value & 0xff) : cut(value, c->size);
}

bool emulate_read(struct code *c, unsigned size, uint64_t *value)
{
    if (c->mod != 3)
        return c->memory->load(c->memory->context, c->address, size, value);
    *value = emulate_get(c, c->rm, size);
    return true;
}

bool emulate_write(struct code *c, uint64_t value)
{
    if (c->mod != 3)
        return !c->bad && c->memory->store(c->memory->context, c->address, c->size,
                                           cut(value, c->size));
    emulate_set(c, c->rm, value);
    return true;
}

static uint64_t sign_extended(uint64_t value, unsigned size)
{
    return (uint64_t)((int64_t)(value << (64 - 8 * size)) >> (64 - 8 * size));
}

/* ---- moves ---- */

bool emulate_nop(struct code *c)
{
    return c->opcode != 0x90 || !c->rex; /* xchg with r8 */
}

bool emulate_mov_to(struct code *c)
{
    return emulate_write(c, emulate_get(c, c->reg, c->size));
}

bool emulate_mov_from(struct code *c)
{
    uint64_t value;

    if (!emulate_read(c, c->size, &value))
        return false;
    emulate_set(c, c->reg, value);
    return true;
}

bool emulate_mov_immediate(struct code *c)
{
    return c->extension == 0 && emulate_write(c, c->immediate);
}

bool emulate_mov_constant(struct code *c)
{
    emulate_set(c, register_in_opcode(c), c->immediate);
    return true;
}

bool emulate_lea(struct code *c)
{
    if (c->mod == 3)
        return false;
    emulate_set(c, c->reg, c->address);
    return true;
}

/* Bit 0 of the opcode: a word, not a byte. Bit 3: with its sign. */
bool emulate_extend(struct code *c)
{
    unsigned size = c->opcode & 1 ? 2 : 1;
    uint64_t value;

    if (!emulate_read(c, size, &value))
        return false;
    emulate_set(c, c->reg, c->opcode & 8 ? sign_extended(value, size) : value);
    return true;
}

bool emulate_movsxd(struct code *c)
{
    uint64_t value;

    if (!emulate_read(c, 4, &value))
        return false;
    emulate_set(c, c->reg, sign_extended(value, 4));
    return true;
}

/* What is not moved is read nevertheless, and 32 bits clear the other half. */
bool emulate_cmov(struct code *c)
{
    uint64_t value;

    if (!emulate_read(c, c->size, &value))
        return false;
    emulate_set(c, c->reg, emulate_holds(c, c->opcode & 15) ? value
                                                            : emulate_get(c, c->reg, c->size));
    return true;
}

bool emulate_setcc(struct code *c)
{
    c->size = 1;
    return emulate_write(c, emulate_holds(c, c->opcode & 15));
}

/* ---- the stack ---- */

bool emulate_push_value(struct code *c, uint64_t value)
{
    if (c->bad || !c->memory->store(c->memory->context, c->frame.rsp - 8, 8, value))
        return false;
    c->frame.rsp -= 8;
    return true;
}

static bool pop_value(struct code *c, uint64_t *value)
{
    if (!c->memory->load(c->memory->context, c->frame.rsp, 8, value))
        return false;
    c->frame.rsp += 8;
    return true;
}

bool emulate_push(struct code *c)
{
    return emulate_push_value(c, *emulate_register(c, register_in_opcode(c)));
}

bool emulate_push_immediate(struct code *c)
{
    return emulate_push_value(c, c->immediate);
}

bool emulate_pop(struct code *c)
{
    uint64_t value;

    if (!pop_value(c, &value))
        return false;
    *emulate_register(c, register_in_opcode(c)) = value;
    return true;
}

bool emulate_leave(struct code *c)
{
    c->frame.rsp = c->frame.rbp;
    return pop_value(c, &c->frame.rbp);
}

/* ---- control flow ---- */

/* To an address that is not canonical (with 48 bits) the processor has to go itself, and faults. */
static bool go(struct code *c, uint64_t target)
{
    if ((uint64_t)((int64_t)(target << 16) >> 16) != target)
        return false;
    c->frame.rip = target;
    return true;
}

bool emulate_jump(struct code *c)
{
    return go(c, c->frame.rip + c->immediate);
}

bool emulate_branch(struct code *c)
{
    return !emulate_holds(c, c->opcode & 15) || emulate_jump(c);
}

bool emulate_call(struct code *c)
{
    uint64_t behind = c->frame.rip;

    return emulate_jump(c) && emulate_push_value(c, behind);
}

bool emulate_ret(struct code *c)
{
    uint64_t target;

    return pop_value(c, &target) && go(c, target);
}

/* inc, dec, call, far call, jmp, far jmp, push */
bool emulate_group5(struct code *c)
{
    uint64_t value, behind = c->frame.rip;

    if (c->extension < 2)
        return emulate_count(c, c->extension == 1);
    if ((c->extension & 1) || !emulate_read(c, 8, &value)) /* far, or none at all */
        return false;
    switch (c->extension) {
    case 2:
        return go(c, value) && emulate_push_value(c, behind);
    case 4:
        return go(c, value);
    default:
        return emulate_push_value(c, value);
    }
}
