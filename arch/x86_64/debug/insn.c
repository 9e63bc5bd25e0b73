/*
 * insn.c: the only file that knows Zydis. Built with INSN_ZYDIS=1 where its sources could be had
 * (insn.mk); without it nothing is announced that needs a decoder.
 */
#include "insn.h"

#include <string.h>

#if INSN_ZYDIS

#include <Zydis/Zydis.h>

bool insn_available(void)
{
    return true;
}

/* Instructions that are a class of their own. */
static enum insn_class mnemonic_class(ZydisMnemonic mnemonic)
{
    switch (mnemonic) {
    case ZYDIS_MNEMONIC_PUSHF:
    case ZYDIS_MNEMONIC_PUSHFQ:
        return INSN_PUSHF;
    case ZYDIS_MNEMONIC_POPF:
    case ZYDIS_MNEMONIC_POPFQ:
        return INSN_POPF;
    case ZYDIS_MNEMONIC_CLI:
        return INSN_CLI;
    case ZYDIS_MNEMONIC_STI:
        return INSN_STI;
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_MWAIT:
    case ZYDIS_MNEMONIC_MWAITX:
        return INSN_HLT;
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
        return INSN_IRET;
    case ZYDIS_MNEMONIC_INT:
        return INSN_INT;
    case ZYDIS_MNEMONIC_INT1:
        return INSN_INT1;
    case ZYDIS_MNEMONIC_INT3:
        return INSN_INT3;
    case ZYDIS_MNEMONIC_SYSCALL:
        return INSN_SYSCALL;
    case ZYDIS_MNEMONIC_SYSRET:
        return INSN_SYSRET;
    case ZYDIS_MNEMONIC_SYSENTER:
        return INSN_SYSENTER;
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
        return INSN_UNDEFINED;
    case ZYDIS_MNEMONIC_RDMSR:
    case ZYDIS_MNEMONIC_WRMSR:
        return INSN_MSR;
    case ZYDIS_MNEMONIC_SWAPGS:
        return INSN_SWAPGS;
    default:
        return INSN_ORDINARY;
    }
}

static enum insn_class branch_class(const ZydisDecodedInstruction *z, bool direct)
{
    if (z->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
        return INSN_FAR;
    switch (z->meta.category) {
    case ZYDIS_CATEGORY_CALL:
        return direct ? INSN_CALL : INSN_CALL_INDIRECT;
    case ZYDIS_CATEGORY_RET:
        return INSN_RET;
    case ZYDIS_CATEGORY_UNCOND_BR:
        return direct ? INSN_JMP : INSN_JMP_INDIRECT;
    case ZYDIS_CATEGORY_COND_BR:
        return INSN_BRANCH;
    default:
        return INSN_ORDINARY;
    }
}

/* mov to a segment, control or debug register, or from one of the latter. */
static enum insn_class move_class(const ZydisDecodedOperand *operands)
{
    if (operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
        operands[0].reg.value == ZYDIS_REGISTER_SS)
        return INSN_MOV_SS;
    for (int i = 0; i < 2; i++) {
        if (operands[i].type != ZYDIS_OPERAND_TYPE_REGISTER)
            continue;
        ZydisRegisterClass class = ZydisRegisterGetClass(operands[i].reg.value);
        if (class == ZYDIS_REGCLASS_CONTROL)
            return INSN_MOV_CR;
        if (class == ZYDIS_REGCLASS_DEBUG)
            return INSN_MOV_DR;
    }
    return INSN_ORDINARY;
}

static enum insn_class classify(const ZydisDecodedInstruction *z,
                                const ZydisDecodedOperand *operands)
{
    const ZydisInstructionAttributes repeat =
        ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE;
    enum insn_class class = mnemonic_class(z->mnemonic);

    if (class == INSN_ORDINARY)
        class = branch_class(z, operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE);
    if (class == INSN_ORDINARY && z->mnemonic == ZYDIS_MNEMONIC_MOV)
        class = move_class(operands);
    if (class == INSN_ORDINARY && (z->attributes & repeat))
        class = INSN_REP_STRING;
    if (class == INSN_ORDINARY && (z->attributes & ZYDIS_ATTRIB_IS_PRIVILEGED))
        class = INSN_PRIVILEGED;
    return class;
}

static uint8_t register_number(ZydisRegister which)
{
    switch (which) {
    case ZYDIS_REGISTER_NONE:
        return INSN_NO_REGISTER;
    case ZYDIS_REGISTER_RIP:
    case ZYDIS_REGISTER_EIP:
        return INSN_RIP;
    case ZYDIS_REGISTER_FS:
        return INSN_FS_BASE;
    case ZYDIS_REGISTER_GS:
        return INSN_GS_BASE;
    default:
        break;
    }
    switch (ZydisRegisterGetClass(which)) {
    case ZYDIS_REGCLASS_GPR16:
    case ZYDIS_REGCLASS_GPR32:
    case ZYDIS_REGCLASS_GPR64:
        return (uint8_t)ZydisRegisterGetId(which);
    case ZYDIS_REGCLASS_SEGMENT:
        return INSN_NO_REGISTER; /* its base is 0 in 64-bit mode */
    default:
        return INSN_VECTOR_INDEX;
    }
}

static uint8_t access_of(const ZydisDecodedOperand *operand)
{
    if (operand->mem.type == ZYDIS_MEMOP_TYPE_AGEN)
        return 0;
    return (uint8_t)((operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ ? INSN_READ : 0) |
                     (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE ? INSN_WRITE : 0));
}

/*
 * Zydis gives rsp as the address of what goes to the stack and comes from it. A value pushed lands
 * below; and pop [rsp + n] counts from where rsp is afterwards (Intel SDM vol. 2, POP).
 */
static int64_t stack_adjustment(const ZydisDecodedInstruction *z, const struct insn_memory *m)
{
    if (m->base != INSN_RSP)
        return 0;
    if (m->implicit && (m->access & INSN_WRITE))
        return -(int64_t)m->size;
    return !m->implicit && z->mnemonic == ZYDIS_MNEMONIC_POP ? m->size : 0;
}

static bool is_bit_test(ZydisMnemonic mnemonic)
{
    return mnemonic == ZYDIS_MNEMONIC_BT || mnemonic == ZYDIS_MNEMONIC_BTS ||
           mnemonic == ZYDIS_MNEMONIC_BTR || mnemonic == ZYDIS_MNEMONIC_BTC;
}

static void add_memory(struct insn *out, const ZydisDecodedInstruction *z,
                       const ZydisDecodedOperand *operand)
{
    if (out->memory_count == INSN_MEMORY_MAX)
        return;
    struct insn_memory *m = &out->memory[out->memory_count++];
    *m = (struct insn_memory){
        .segment = register_number(operand->mem.segment),
        .base = register_number(operand->mem.base),
        .index = register_number(operand->mem.index),
        .scale = operand->mem.scale,
        .bit_index = INSN_NO_REGISTER,
        .access = access_of(operand),
        .address_size = z->address_width / 8,
        .implicit = operand->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN,
        .size = operand->size / 8,
        .displacement = operand->mem.disp.value,
    };
    m->displacement += stack_adjustment(z, m);
    if (is_bit_test(z->mnemonic) && operand[1].type == ZYDIS_OPERAND_TYPE_REGISTER)
        m->bit_index = register_number(operand[1].reg.value);
    if (m->base == INSN_RIP)
        out->rip_displacement = z->raw.disp.offset;
}

static void fill_operands(struct insn *out, const ZydisDecodedInstruction *z,
                          const ZydisDecodedOperand *operands)
{
    bool have_immediate = false;
    for (int i = 0; i < z->operand_count; i++) {
        const ZydisDecodedOperand *operand = &operands[i];
        if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY)
            add_memory(out, z, operand);
        if (operand->type != ZYDIS_OPERAND_TYPE_IMMEDIATE || have_immediate)
            continue;
        have_immediate = true;
        out->immediate = operand->imm.value.s;
        if (operand->imm.is_relative)
            out->target = out->address + z->length + (uint64_t)operand->imm.value.s;
    }
}

static bool decode(ZydisDecodedInstruction *z, ZydisDecodedOperand *operands, const uint8_t *bytes,
                   size_t n)
{
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, n, z, operands));
}

bool insn_decode(struct insn *out, const uint8_t *bytes, size_t n, uint64_t address)
{
    ZydisDecodedInstruction z;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];

    if (!decode(&z, operands, bytes, n))
        return false;
    *out = (struct insn){
        .address = address,
        .class = (uint8_t)classify(&z, operands),
        .length = z.length,
        .operand_size = z.operand_width / 8,
        .source = INSN_NO_REGISTER,
        .rex = (z.attributes & ZYDIS_ATTRIB_HAS_REX) != 0,
    };
    if (out->class == INSN_MOV_SS && operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER)
        out->source = register_number(operands[1].reg.value);
    memcpy(out->bytes, bytes, z.length);
    fill_operands(out, &z, operands);
    return true;
}

#else

bool insn_available(void)
{
    return false;
}

bool insn_decode(struct insn *out, const uint8_t *bytes, size_t n, uint64_t address)
{
    (void)out, (void)bytes, (void)n, (void)address;
    return false;
}

#endif
