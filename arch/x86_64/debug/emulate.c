/* emulate.c: taking the instruction apart, and finding out who does it. */
#include "emulate_code.h"

enum {
    MODRM = 1,  /* a ModRM byte follows, and what it asks for */
    IMM8 = 2,   /* then an immediate byte, or */
    IMM32 = 4,  /* four of them */
    BYTES = 8,  /* the operands are bytes: if bit 0 of the opcode is clear */
    WIDE = 16,  /* they are 8 bytes without REX.W */
    EIGHT = 32, /* with REX.W the immediate has 8 bytes as well */
};

/* Opcodes of two bytes are 0f and the second one: 0x100 and that. What is met most comes first. */
static const struct form {
    uint16_t mask, opcode;
    uint8_t layout;
    emulation *run;
} forms[] = {
    {0x1fe, 0x088, MODRM | BYTES, emulate_mov_to},
    {0x1fe, 0x08a, MODRM | BYTES, emulate_mov_from},
    {0x1ff, 0x083, MODRM | IMM8, emulate_alu_immediate},
    {0x1f0, 0x070, IMM8 | WIDE, emulate_branch},
    {0x1c6, 0x000, MODRM | BYTES, emulate_alu_to},
    {0x1c6, 0x002, MODRM | BYTES, emulate_alu_from},
    {0x1ff, 0x08d, MODRM, emulate_lea},
    {0x1ff, 0x0c7, MODRM | IMM32, emulate_mov_immediate},
    {0x1ff, 0x0ff, MODRM, emulate_group5},
    {0x1f8, 0x050, WIDE, emulate_push},
    {0x1f8, 0x058, WIDE, emulate_pop},
    {0x1ff, 0x0e8, IMM32 | WIDE, emulate_call},
    {0x1ff, 0x0eb, IMM8 | WIDE, emulate_jump},
    {0x1c7, 0x004, IMM8 | BYTES, emulate_alu_accumulator},
    {0x1c7, 0x005, IMM32, emulate_alu_accumulator},
    {0x1ff, 0x080, MODRM | IMM8 | BYTES, emulate_alu_immediate},
    {0x1ff, 0x081, MODRM | IMM32, emulate_alu_immediate},
    {0x1fe, 0x084, MODRM | BYTES, emulate_test},
    {0x1ff, 0x0a8, IMM8 | BYTES, emulate_test_accumulator},
    {0x1ff, 0x0a9, IMM32, emulate_test_accumulator},
    {0x1ff, 0x0e9, IMM32 | WIDE, emulate_jump},
    {0x1f0, 0x180, IMM32 | WIDE, emulate_branch},
    {0x1ff, 0x0c3, WIDE, emulate_ret},
    {0x1ff, 0x0c9, WIDE, emulate_leave},
    {0x1ff, 0x0c6, MODRM | IMM8 | BYTES, emulate_mov_immediate},
    {0x1f8, 0x0b8, IMM32 | EIGHT, emulate_mov_constant},
    {0x1ff, 0x068, IMM32 | WIDE, emulate_push_immediate},
    {0x1ff, 0x06a, IMM8 | WIDE, emulate_push_immediate},
    {0x1f6, 0x1b6, MODRM, emulate_extend}, /* movzx and movsx, of bytes and words */
    {0x1ff, 0x063, MODRM, emulate_movsxd},
    {0x1f0, 0x140, MODRM, emulate_cmov},
    {0x1f0, 0x190, MODRM, emulate_setcc},
    {0x1ff, 0x11f, MODRM, emulate_nop},
    {0x1ff, 0x090, 0, emulate_nop},
};

/* The next n bytes, sign extended. */
static uint64_t fetch(struct code *c, unsigned n)
{
    uint64_t value = 0;

    if (c->bad || c->length + n > c->available) {
        c->bad = true;
        return 0;
    }
    for (unsigned i = 0; i < n; i++)
        value |= (uint64_t)c->bytes[c->length++] << 8 * i;
    return n == 8 ? value : (uint64_t)((int64_t)(value << (64 - 8 * n)) >> (64 - 8 * n));
}

/* base + index * scale. No base is 32 bits of displacement; no index is rsp's number. */
static uint64_t scaled(struct code *c, bool *displaced)
{
    uint8_t sib = (uint8_t)fetch(c, 1);
    unsigned base = sib & 7, index = (sib >> 3 & 7) | (c->rex & REX_X) << 2;
    uint64_t address = index == 4 ? 0 : *emulate_register(c, index) << (sib >> 6);

    *displaced = base == 5 && c->mod == 0;
    return *displaced ? address : address + *emulate_register(c, base | (c->rex & REX_B) << 3);
}

/* Intel SDM vol. 2, 2.1.5 and 2.2.1.6. What is relative to rip is so to where the next one is. */
static void fetch_operand(struct code *c)
{
    uint8_t modrm = (uint8_t)fetch(c, 1);
    unsigned rm = modrm & 7;
    bool displaced = rm == 5; /* by 32 bits, though mod is 0 */

    c->mod = modrm >> 6;
    c->extension = modrm >> 3 & 7;
    c->reg = (uint8_t)(c->extension | (c->rex & REX_R) << 1);
    c->rm = (uint8_t)(rm | (c->rex & REX_B) << 3);
    if (c->mod == 3)
        return;
    c->rip_relative = c->mod == 0 && rm == 5;
    if (rm == 4)
        c->address = scaled(c, &displaced);
    else if (!c->rip_relative)
        c->address = *emulate_register(c, c->rm);
    if (c->mod == 1)
        c->address += fetch(c, 1);
    else if (c->mod == 2 || displaced)
        c->address += fetch(c, 4);
}

static void fetch_opcode(struct code *c)
{
    uint8_t byte = (uint8_t)fetch(c, 1);

    if ((byte & 0xf0) == 0x40) {
        c->rex = byte;
        byte = (uint8_t)fetch(c, 1);
    }
    c->opcode = byte;
    if (byte == 0x0f)
        c->opcode = 0x100 | (uint8_t)fetch(c, 1);
}

static const struct form *form_of(const struct code *c)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if ((c->opcode & forms[i].mask) == forms[i].opcode)
            return &forms[i];
    }
    return NULL;
}

static uint8_t operand_size(const struct code *c, uint8_t layout)
{
    if ((layout & BYTES) && !(c->opcode & 1))
        return 1;
    return (c->rex & REX_W) || (layout & WIDE) ? 8 : 4;
}

static bool decode(struct code *c, const struct form **form)
{
    fetch_opcode(c);
    *form = form_of(c);
    if (c->bad || !*form)
        return false;

    uint8_t layout = (*form)->layout;

    c->size = operand_size(c, layout);
    if (layout & MODRM)
        fetch_operand(c);
    if (layout & IMM8)
        c->immediate = fetch(c, 1);
    else if (layout & IMM32)
        c->immediate = fetch(c, (layout & EIGHT) && c->size == 8 ? 8 : 4);
    c->frame.rip += c->length;
    if (c->rip_relative)
        c->address += c->frame.rip;
    return !c->bad;
}

static bool is_endbr64(const uint8_t *bytes, size_t n)
{
    return n >= 4 && bytes[0] == 0xf3 && bytes[1] == 0x0f && bytes[2] == 0x1e && bytes[3] == 0xfa;
}

bool emulate_knows(const uint8_t *bytes, size_t n)
{
    struct code c = {.bytes = bytes, .available = n};
    const struct form *form;

    return is_endbr64(bytes, n) || decode(&c, &form);
}

bool emulate(struct trap_frame *frame, const uint8_t *bytes, size_t n,
             const struct emulate_memory *memory)
{
    struct code c = {.frame = *frame, .memory = memory, .bytes = bytes, .available = n};
    const struct form *form;

    if (is_endbr64(bytes, n))
        c.frame.rip += 4;
    else if (!decode(&c, &form) || !form->run(&c) || c.bad)
        return false;
    c.frame.rflags &= ~(uint64_t)FLAG_RF;
    *frame = c.frame;
    return true;
}
