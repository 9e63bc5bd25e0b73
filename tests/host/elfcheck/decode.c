/* decode.c: the only file that knows how Zydis wants to be asked. */
#include "decode.h"

/* Of a length that no image ends within: the decoder stops at what it needs. */
static size_t bytes_at(const struct image *image, uint64_t address, const uint8_t **bytes)
{
    size_t n = ZYDIS_MAX_INSTRUCTION_LENGTH;

    while (n > 0 && (*bytes = image_at(image, address, n)) == NULL)
        n--;
    return n;
}

bool decode(const struct image *image, uint64_t address, struct instruction *out)
{
    const uint8_t *bytes;
    size_t n = bytes_at(image, address, &bytes);
    ZydisDecoder decoder;

    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    if (n == 0 || !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, n, &out->is,
                                                       out->operands)))
        return false;
    out->address = address;
    out->next = address + out->is.length;
    return true;
}

unsigned decode_length(const struct image *image, uint64_t address, unsigned bits)
{
    const uint8_t *bytes;
    size_t n = bytes_at(image, address, &bytes);
    ZydisDecodedInstruction is;
    ZydisDecoder decoder;

    if (bits == 64)
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    else if (bits == 32)
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
    else
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_REAL_16, ZYDIS_STACK_WIDTH_16);
    if (n == 0 || !ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, bytes, n, &is)))
        return 0;
    return is.length;
}

bool decode_target(const struct instruction *in, uint64_t *target)
{
    return in->operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
           ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&in->is, &in->operands[0], in->address, target));
}

bool decode_constant_address(const struct instruction *in, const ZydisDecodedOperand *operand,
                             uint64_t *address)
{
    if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY || operand->mem.index != ZYDIS_REGISTER_NONE ||
        (operand->mem.base != ZYDIS_REGISTER_NONE && operand->mem.base != ZYDIS_REGISTER_RIP))
        return false;
    *address = (uint64_t)operand->mem.disp.value +
               (operand->mem.base == ZYDIS_REGISTER_RIP ? in->next : 0);
    return true;
}

bool decode_is_call(const struct instruction *in)
{
    return in->is.meta.category == ZYDIS_CATEGORY_CALL;
}

bool decode_is_jump(const struct instruction *in)
{
    return in->is.meta.category == ZYDIS_CATEGORY_COND_BR ||
           in->is.meta.category == ZYDIS_CATEGORY_UNCOND_BR;
}

bool decode_ends_flow(const struct instruction *in)
{
    switch (in->is.mnemonic) {
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
    case ZYDIS_MNEMONIC_SYSRET:
    case ZYDIS_MNEMONIC_SYSEXIT:
        return true;
    default:
        return in->is.meta.category == ZYDIS_CATEGORY_UNCOND_BR ||
               in->is.meta.category == ZYDIS_CATEGORY_RET;
    }
}
