/* insn_format.c: an instruction as text, by Zydis, with the embedder's names for addresses. */
#include "insn.h"

#include <string.h>

#if INSN_ZYDIS

#include <Zydis/Zydis.h>
#include <Zydis/Internal/String.h>

#define SYMBOL_MAX 80 /* " <name+0x123>" */

/* What the formatter's hook needs: how to print, and the printing that it adds to. */
struct hook {
    const struct insn_style *style;
    ZydisFormatterFunc print_address;
};

static ZyanStatus append(ZydisFormatterBuffer *buffer, char *text)
{
    const ZyanStringView view = {
        .string.vector = {.data = text, .size = strlen(text) + 1, .element_size = 1}};
    return ZydisStringAppend(&buffer->string, &view);
}

/* An absolute address and behind it, as gdb writes it, its name. */
static ZyanStatus print_address(const ZydisFormatter *formatter, ZydisFormatterBuffer *buffer,
                                ZydisFormatterContext *context)
{
    const struct hook *hook = context->user_data;
    ZyanU64 address;
    char text[SYMBOL_MAX] = " <";

    ZYAN_CHECK(hook->print_address(formatter, buffer, context));
    ZYAN_CHECK(ZydisCalcAbsoluteAddress(context->instruction, context->operand,
                                        context->runtime_address, &address));
    if (!hook->style->symbol ||
        !hook->style->symbol(hook->style->context, address, text + 2, sizeof(text) - 3))
        return ZYAN_STATUS_SUCCESS;
    memcpy(text + strlen(text), ">", 2);
    return append(buffer, text);
}

static bool prepare(ZydisFormatter *formatter, struct hook *hook)
{
    static const ZydisFormatterProperty unpadded[] = {
        ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_FORMATTER_PROP_ADDR_PADDING_RELATIVE,
        ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_FORMATTER_PROP_IMM_PADDING};
    bool intel = hook->style->syntax == INSN_INTEL;

    hook->print_address = print_address;
    if (!ZYAN_SUCCESS(ZydisFormatterInit(formatter, intel ? ZYDIS_FORMATTER_STYLE_INTEL
                                                          : ZYDIS_FORMATTER_STYLE_ATT)) ||
        !ZYAN_SUCCESS(ZydisFormatterSetHook(formatter, ZYDIS_FORMATTER_FUNC_PRINT_ADDRESS_ABS,
                                            (const void **)&hook->print_address)) ||
        !ZYAN_SUCCESS(ZydisFormatterSetProperty(formatter, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, 0)))
        return false;
    for (size_t i = 0; i < sizeof(unpadded) / sizeof(unpadded[0]); i++)
        if (!ZYAN_SUCCESS(ZydisFormatterSetProperty(formatter, unpadded[i],
                                                    (ZyanUPointer)ZYDIS_PADDING_DISABLED)))
            return false;
    return true;
}

size_t insn_format(char *out, size_t n, const struct insn *insn, const struct insn_style *style)
{
    struct hook hook = {.style = style};
    ZydisFormatter formatter;
    ZydisDecoder decoder;
    ZydisDecodedInstruction z;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];

    if (!prepare(&formatter, &hook) ||
        !ZYAN_SUCCESS(
            ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)) ||
        !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, insn->bytes, insn->length, &z, operands)) ||
        !ZYAN_SUCCESS(ZydisFormatterFormatInstruction(
            &formatter, &z, operands, z.operand_count_visible, out, n, insn->address, &hook)))
        return 0;
    return strlen(out);
}

#else

size_t insn_format(char *out, size_t n, const struct insn *insn, const struct insn_style *style)
{
    (void)out, (void)n, (void)insn, (void)style;
    return 0;
}

#endif
