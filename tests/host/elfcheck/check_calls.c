/*
 * check_calls.c: the debugger keeps to itself. Whatever can be called in its section of the text is
 * in that section, but for the hooks that debugger.h declares; so no breakpoint of a client's can be
 * hit by the debugger. And the debuggee's floating point state is not touched.
 */
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"

#define HOOKS "/debugger.h" /* the embedder's functions are members of structures declared there */

/*
 * Hooks that are passed on in a register, by a frame that hand_over.c makes up and iretq leaves
 * through: the debugger is done by then.
 */
static const struct {
    const char *function, *structure, *member;
} passed_on[] = {{"hand_over_entry", "debugger_config", "pass_on"}};

/* Where the debugger's data is: linker.ld. */
static const char *const parts[] = {"__debugger_rodata", "__debugger_data", "__debugger_bss",
                                    "__debugger_stack", "__ex_table"};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

struct keep {
    struct subject *subject;
    struct report *report;
    struct range own, entry, data[PARTS];
    size_t functions, instructions, calls, jumps, cases, members, parameters, decoder, constants;
    const struct member *hooks[64]; /* that are called */
    size_t hook_count, hook_calls;
};

static bool is_own(const struct keep *keep, uint64_t address)
{
    return in_range(keep->own, address);
}

/* Also what lies between an exception and the debugger, and is protected like it. */
static bool is_protected(const struct keep *keep, uint64_t address)
{
    return is_own(keep, address) || in_range(keep->entry, address);
}

/* The end of a part is also named, to compare with. */
static bool is_data(const struct keep *keep, uint64_t address)
{
    for (size_t i = 0; i < PARTS; i++) {
        if (in_range(keep->data[i], address) || address == keep->data[i].end)
            return true;
    }
    return false;
}

static bool of_floating_point(const ZydisDecodedOperand *operand)
{
    if (operand->type != ZYDIS_OPERAND_TYPE_REGISTER)
        return false;
    switch (ZydisRegisterGetClass(operand->reg.value)) {
    case ZYDIS_REGCLASS_X87:
    case ZYDIS_REGCLASS_MMX:
    case ZYDIS_REGCLASS_XMM:
    case ZYDIS_REGCLASS_YMM:
    case ZYDIS_REGCLASS_ZMM:
    case ZYDIS_REGCLASS_MASK:
        return true;
    default:
        return operand->reg.value == ZYDIS_REGISTER_MXCSR;
    }
}

/* fxsave, fxrstor, xsave ... move the state as a whole, and are no part of the units. */
static void check_floating_point(struct keep *keep, const struct instruction *in)
{
    bool touches = in->is.meta.isa_ext == ZYDIS_ISA_EXT_X87;

    for (unsigned i = 0; i < in->is.operand_count; i++)
        touches |= of_floating_point(&in->operands[i]);
    if (touches && in->is.meta.isa_set != ZYDIS_ISA_SET_FXSAVE &&
        in->is.meta.isa_set != ZYDIS_ISA_SET_FXSAVE64 &&
        in->is.meta.category != ZYDIS_CATEGORY_XSAVE &&
        in->is.meta.category != ZYDIS_CATEGORY_XSAVEOPT)
        report_failure(keep->report, "%s: %s touches the floating point state",
                       image_place(&keep->subject->image, in->address),
                       ZydisMnemonicGetString(in->is.mnemonic));
}

/*
 * The address of anything that is not the debugger's. Functions: to call it is only a matter of
 * time. Data: a watchpoint could be there, or the kernel's bug.
 */
static void check_constants(struct keep *keep, const struct instruction *in)
{
    for (unsigned i = 0; i < in->is.operand_count_visible; i++) {
        const ZydisDecodedOperand *operand = &in->operands[i];
        uint64_t address;

        if (operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE && !operand->imm.is_relative &&
            in->is.operand_width == 64) /* one of 32 bits is a number */
            address = operand->imm.value.u;
        else if (!decode_constant_address(in, operand, &address))
            continue;
        if (!image_loaded(&keep->subject->image, address))
            continue;
        keep->constants++;
        if (!is_protected(keep, address) && !is_data(keep, address))
            report_failure(keep->report, "%s takes the address of %s",
                           image_place(&keep->subject->image, in->address),
                           image_place(&keep->subject->image, address));
    }
}

static void count_hook(struct keep *keep, const struct member *member)
{
    keep->hook_calls++;
    for (size_t i = 0; i < keep->hook_count; i++) {
        if (keep->hooks[i] == member)
            return;
    }
    if (keep->hook_count < sizeof(keep->hooks) / sizeof(keep->hooks[0]))
        keep->hooks[keep->hook_count++] = member;
}

static bool is_hook(const struct type *structure)
{
    size_t length = strlen(structure->file);

    return length >= strlen(HOOKS) &&
           strcmp(structure->file + length - strlen(HOOKS), HOOKS) == 0;
}

/* jmp *table(,%reg,8), for a switch: the cases are in the same function. */
static bool is_switch(struct keep *keep, const struct node *node, struct range function)
{
    const ZydisDecodedOperand *to = &node->in.operands[0];
    uint64_t target;

    return decode_is_jump(&node->in) && to->type == ZYDIS_OPERAND_TYPE_MEMORY &&
           to->mem.base == ZYDIS_REGISTER_NONE && to->mem.index != ZYDIS_REGISTER_NONE &&
           image_word(&keep->subject->image, (uint64_t)to->mem.disp.value, &target) &&
           in_range(function, target);
}

static const struct member *hook_passed_on(const struct keep *keep, uint64_t function)
{
    const struct types *types = &keep->subject->types;

    for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++) {
        const struct type *type = structure_named(types, passed_on[i].structure);

        if (type != NULL && image_address(&keep->subject->image, passed_on[i].function) == function)
            return member_named(types, type, passed_on[i].member);
    }
    return NULL;
}

/*
 * Through a pointer: a member of the embedder's, or one of the debugger's own, whose values are
 * constants of its own (check_constants, check_words), as are what functions get as an argument.
 * The decoder comes without DWARF.
 */
static void check_indirect(struct keep *keep, const struct flow *flow, const struct node *node,
                           struct range function)
{
    struct value value = {0};

    if (node->before != NULL)
        value = machine_value(&flow->machine, node->before, &node->in, &node->in.operands[0]);
    if (is_switch(keep, node, function)) {
        keep->cases++;
    } else if (value.origin.structure != NULL &&
               type_is_function_pointer(&keep->subject->types, value.type)) {
        if (is_hook(value.origin.structure))
            count_hook(keep, value.origin.member);
        else
            keep->members++;
    } else if (type_is_function_pointer(&keep->subject->types, value.type)) {
        keep->parameters++;
    } else if (hook_passed_on(keep, function.start) != NULL) {
        count_hook(keep, hook_passed_on(keep, function.start));
    } else if (dwarf_unwinder_at(&keep->subject->dwarf, function.start) == NULL) {
        keep->decoder++;
    } else {
        report_failure(keep->report, "%s: goes to an address that is no member's and no argument",
                       image_place(&keep->subject->image, node->in.address));
    }
}

static void check_branch(struct keep *keep, const struct flow *flow, const struct node *node,
                         struct range function)
{
    const struct instruction *in = &node->in;
    uint64_t target;

    if (!decode_is_call(in) && !decode_is_jump(in))
        return;
    if (!decode_target(in, &target)) {
        check_indirect(keep, flow, node, function);
        return;
    }
    *(decode_is_call(in) ? &keep->calls : &keep->jumps) += 1;
    if (!is_own(keep, target))
        report_failure(keep->report, "%s goes to %s, which is not the debugger's",
                       image_place(&keep->subject->image, in->address),
                       image_place(&keep->subject->image, target));
    else if (flow_node(flow, target) == NULL && in_range(function, target))
        report_failure(keep->report, "%s goes into an instruction",
                       image_place(&keep->subject->image, in->address));
}

static void check_function(struct keep *keep, struct range function)
{
    struct state state;
    struct flow flow;

    flow_open(&flow, keep->subject);
    flow.machine.trusting = true;
    flow.machine.function = function.start;
    if (!flow_add(&flow, function))
        report_failure(keep->report, "%s is not all code",
                       image_place(&keep->subject->image, function.start));
    state_enter(&state, 8);
    machine_arguments(&flow.machine, &state, function.start);
    flow_enter(&flow, function.start, &state);
    flow_run(&flow);

    keep->functions++;
    keep->instructions += flow.count;
    for (size_t i = 0; i < flow.count; i++) {
        check_floating_point(keep, &flow.nodes[i].in);
        check_constants(keep, &flow.nodes[i].in);
        check_branch(keep, &flow, &flow.nodes[i], function);
    }
    flow_close(&flow);
}

/* Constants that look like an address of code: tables of functions, and of a switch's cases. */
static void check_words(struct keep *keep, const char *part)
{
    const struct image *image = &keep->subject->image;
    struct range range = image_range(image, part);
    uint64_t word;

    for (uint64_t at = (range.start + 7) & ~7ull; at + 8 <= range.end; at += 8) {
        if (!image_word(image, at, &word) || !image_executable(image, word))
            continue;
        keep->constants++;
        if (!is_protected(keep, word))
            report_failure(keep->report, "%s is the address of %s, which is not the debugger's",
                           image_place(image, at), image_place(image, word));
    }
}

/* Between functions there is nothing that could be run. */
static void check_gap(struct keep *keep, uint64_t from, uint64_t to)
{
    struct instruction in;

    for (uint64_t at = from; at < to; at = in.next) {
        const uint8_t *byte = image_at(&keep->subject->image, at, 1);

        in.next = at + 1;
        if (byte != NULL && (*byte == 0 || *byte == 0xcc))
            continue;
        if (!decode(&keep->subject->image, at, &in) || in.is.mnemonic != ZYDIS_MNEMONIC_NOP) {
            report_failure(keep->report, "%s: code that belongs to no function",
                           image_place(&keep->subject->image, at));
            return;
        }
    }
}

void check_calls(struct subject *subject, struct report *report)
{
    const struct image *image = &subject->image;
    struct keep keep = {.subject = subject, .report = report,
                        .own = image_range(image, "__debugger_text"),
                        .entry = image_range(image, "__entry")};
    uint64_t done = keep.own.start;

    for (size_t i = 0; i < PARTS; i++)
        keep.data[i] = image_range(image, parts[i]);
    for (size_t i = 0; i < image->symbol_count; i++) {
        const struct symbol *symbol = &image->symbols[i];

        if (symbol->type != STT_FUNC || symbol->size == 0 || symbol->address < done ||
            !is_own(&keep, symbol->address))
            continue;
        check_gap(&keep, done, symbol->address);
        done = symbol->address + symbol->size;
        check_function(&keep, (struct range){symbol->address, done});
    }
    check_gap(&keep, done, keep.own.end);
    check_words(&keep, "__debugger_rodata");
    check_words(&keep, "__debugger_data");
    report_covered(report, "%zu functions, %zu instructions, %zu calls, %zu jumps, %zu switches",
                   keep.functions, keep.instructions, keep.calls, keep.jumps, keep.cases);
    report_covered(report, "%zu calls of %zu hooks, %zu of members, %zu of arguments, %zu of the "
                   "decoder's, %zu addresses", keep.hook_calls, keep.hook_count, keep.members,
                   keep.parameters, keep.decoder, keep.constants);
}
