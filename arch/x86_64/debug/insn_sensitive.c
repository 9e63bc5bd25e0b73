/*
 * insn_sensitive.c: the instructions that see or set what a debugger borrows, and those that go
 * elsewhere, found without a decoder. Encodings: Intel SDM vol. 2, chapters 2 and 3; nothing else
 * begins with these bytes.
 */
#include "insn.h"

/* A walk over the bytes of one instruction. */
struct scan {
    const uint8_t *bytes;
    size_t n, at;
    uint8_t rex;
    uint8_t repeat; /* the last of F2 and F3, or 0 */
    bool operand16; /* 66 */
    bool address32; /* 67 */
    bool lock;
    uint8_t segment; /* enum insn_register */
};

static int next_byte(struct scan *s)
{
    return s->at < s->n && s->at < INSN_LENGTH_MAX ? s->bytes[s->at++] : -1;
}

static bool legacy_prefix(struct scan *s, int byte)
{
    switch (byte) {
    case 0x26: /* es, cs, ss, ds: no effect in 64-bit mode, and no end to an earlier fs or gs */
    case 0x2e:
    case 0x36:
    case 0x3e:
        return true;
    case 0x64:
    case 0x65:
        s->segment = byte == 0x64 ? INSN_FS_BASE : INSN_GS_BASE;
        return true;
    case 0x66:
        s->operand16 = true;
        return true;
    case 0x67:
        s->address32 = true;
        return true;
    case 0xf0:
        s->lock = true;
        return true;
    case 0xf2:
    case 0xf3:
        s->repeat = (uint8_t)byte;
        return true;
    }
    return false;
}

/* Skip the prefixes and return the first opcode byte. A REX counts only just before the opcode. */
static int opcode(struct scan *s)
{
    int byte = next_byte(s);
    for (;; byte = next_byte(s)) {
        if (byte >= 0x40 && byte <= 0x4f)
            s->rex = (uint8_t)byte;
        else if (legacy_prefix(s, byte))
            s->rex = 0;
        else
            return byte;
    }
}

static bool displacement(struct scan *s, unsigned size, int64_t *value)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < size; i++) {
        int byte = next_byte(s);
        if (byte < 0)
            return false;
        sum |= (uint32_t)byte << 8 * i;
    }
    *value = size == 1 ? (int8_t)sum : (int32_t)sum;
    return true;
}

/* ModRM and SIB to a memory operand (Intel SDM vol. 2, tables 2-2 and 2-3, with REX: 2.2.1.2). */
static bool memory_operand(struct scan *s, struct insn *out, unsigned modrm)
{
    struct insn_memory *m = &out->memory[0];
    unsigned mod = modrm >> 6, rm = modrm & 7;
    unsigned displacement_size = mod == 2 ? 4 : mod;
    uint8_t rex_b = s->rex & 1 ? 8 : 0, rex_x = s->rex & 2 ? 8 : 0;

    *m = (struct insn_memory){
        .segment = s->segment,
        .base = (uint8_t)(rm | rex_b),
        .index = INSN_NO_REGISTER,
        .bit_index = INSN_NO_REGISTER,
        .access = INSN_READ,
        .size = 2,
        .address_size = s->address32 ? 4 : 8,
    };
    if (rm == 4) {
        int sib = next_byte(s);
        if (sib < 0)
            return false;
        uint8_t index = (uint8_t)((sib >> 3 & 7) | rex_x);
        if (index != INSN_RSP) {
            m->index = index;
            m->scale = (uint8_t)(1 << (sib >> 6));
        }
        m->base = (uint8_t)((sib & 7) | rex_b);
    }
    if (mod == 0 && (m->base & 7) == INSN_RBP) {
        m->base = rm == 4 ? INSN_NO_REGISTER : INSN_RIP;
        displacement_size = 4;
    }
    if (m->base == INSN_RIP)
        out->rip_displacement = (uint8_t)s->at;
    out->memory_count = 1;
    return displacement(s, displacement_size, &m->displacement);
}

/* 8E /2 */
static int mov_ss(struct scan *s, struct insn *out)
{
    int modrm = next_byte(s);
    if (modrm < 0 || (modrm >> 3 & 7) != 2)
        return INSN_ORDINARY;
    if (modrm >> 6 != 3)
        return memory_operand(s, out, (unsigned)modrm) ? INSN_MOV_SS : INSN_ORDINARY;
    out->source = (uint8_t)((modrm & 7) | (s->rex & 1 ? 8 : 0));
    return INSN_MOV_SS;
}

/* 0F 01 C9 mwait, 0F 01 FB mwaitx: with 66, F2 or F3 these are something else or nothing. */
static int group7(struct scan *s)
{
    int modrm = next_byte(s);
    bool plain = !s->repeat && !s->operand16;
    return plain && (modrm == 0xc9 || modrm == 0xfb) ? INSN_HLT : INSN_ORDINARY;
}

static int two_byte_class(struct scan *s, struct insn *out)
{
    switch (next_byte(s)) {
    case 0x01:
        return group7(s);
    case 0x05:
        out->operand_size = 8;
        return INSN_SYSCALL;
    case 0x07:
        return INSN_SYSRET;
    case 0x34:
        return INSN_SYSENTER;
    }
    return INSN_ORDINARY;
}

static int class_of(struct scan *s, struct insn *out)
{
    int vector;
    switch (opcode(s)) {
    case 0x0f:
        return two_byte_class(s, out);
    case 0x8e:
        return mov_ss(s, out);
    case 0x9c:
    case 0x9d:
        out->operand_size = s->operand16 && !(s->rex & 8) ? 2 : 8;
        return s->bytes[s->at - 1] == 0x9c ? INSN_PUSHF : INSN_POPF;
    case 0xcc:
        return INSN_INT3;
    case 0xcd:
        vector = next_byte(s);
        out->immediate = vector;
        return vector < 0 ? INSN_ORDINARY : INSN_INT;
    case 0xcf:
        return INSN_IRET;
    case 0xf4:
        return INSN_HLT;
    case 0xfa:
        return INSN_CLI;
    case 0xfb:
        return INSN_STI;
    }
    return INSN_ORDINARY;
}

bool insn_sensitive(struct insn *out, const uint8_t *bytes, size_t n, uint64_t address)
{
    struct scan s = {.bytes = bytes, .n = n, .segment = INSN_NO_REGISTER};

    out->address = address;
    out->target = 0;
    out->immediate = 0;
    out->operand_size = 0;
    out->rip_displacement = 0;
    out->source = INSN_NO_REGISTER;
    out->memory_count = 0;
    out->class = (uint8_t)class_of(&s, out);
    if (out->class == INSN_ORDINARY || s.lock) /* lock makes each of these #UD */
        return false;
    if (!out->operand_size)
        out->operand_size = s.rex & 8 ? 8 : s.operand16 ? 2 : 4;
    out->length = (uint8_t)s.at;
    out->rex = s.rex != 0;
    for (size_t i = 0; i < s.at; i++)
        out->bytes[i] = bytes[i];
    return true;
}

/* ---- where it goes ---- */

/* FF /2 to /5: near call, far call, near jmp, far jmp. */
static int group5(struct scan *s)
{
    static const uint8_t classes[] = {INSN_CALL_INDIRECT, INSN_FAR, INSN_JMP_INDIRECT, INSN_FAR};
    int modrm = next_byte(s);
    unsigned which = (unsigned)modrm >> 3 & 7;
    bool far_register = (which & 1) && modrm >> 6 == 3; /* there is no such thing */

    return modrm < 0 || which < 2 || which > 5 || far_register ? INSN_ORDINARY : classes[which - 2];
}

static int one_byte_flow(struct scan *s, int byte)
{
    switch (byte) {
    case 0xc2:
    case 0xc3:
        return INSN_RET;
    case 0xca:
    case 0xcb:
        return INSN_FAR;
    case 0xe0: /* loopne, loope, loop, jrcxz */
    case 0xe1:
    case 0xe2:
    case 0xe3:
        return INSN_BRANCH;
    case 0xe8:
        return INSN_CALL;
    case 0xe9:
    case 0xeb:
        return INSN_JMP;
    case 0xff:
        return group5(s);
    }
    return byte >= 0x70 && byte <= 0x7f ? INSN_BRANCH : INSN_ORDINARY;
}

enum insn_class insn_flow(const uint8_t *bytes, size_t n)
{
    struct scan s = {.bytes = bytes, .n = n};
    struct insn insn;
    int byte = opcode(&s);

    if (insn_sensitive(&insn, bytes, n, 0))
        return insn.class;
    if (byte == 0x0f) {
        byte = next_byte(&s);
        return byte >= 0x80 && byte <= 0x8f ? INSN_BRANCH : INSN_ORDINARY;
    }
    return s.lock ? INSN_ORDINARY : (enum insn_class)one_byte_flow(&s, byte);
}
