/*
 * check_layout.c: structures that assembly, the processor or a table reach by offset: what DWARF
 * says of them against what the code does, what the manuals say, and what the tables hold.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "flow.h"
#include "layout.h"

/* Macros for assembly: FRAME_RIP is where rip is in struct trap_frame, FRAME_SIZE its size. */
static const struct {
    const char *prefix, *structure;
} headers[] = {
    {"FRAME_", "trap_frame"},
    {"SWITCH_", "switch_frame"},
    {"CPU_", "cpu"},
    {"THREAD_", "thread"},
};

static void lower(char *to, size_t size, const char *from)
{
    size_t i = 0;

    for (; from[i] != '\0' && i + 1 < size; i++)
        to[i] = (char)tolower((unsigned char)from[i]);
    to[i] = '\0';
}

static unsigned check_macro(const struct types *types, const struct type *structure,
                            const struct constant *macro, const char *name,
                            struct report *report)
{
    const struct member *member;
    uint64_t wanted = structure->size;
    char text[64];

    lower(text, sizeof(text), name);
    member = member_named(types, structure, text);
    if (member != NULL)
        wanted = member->offset;
    else if (strcmp(text, "size") != 0)
        return 0; /* some other constant */
    if (macro->value != wanted)
        report_failure(report, "%s is %" PRIu64 ", and in struct %s it is %" PRIu64, macro->name,
                       macro->value, structure->name, wanted);
    return 1;
}

static void check_macros(const struct subject *subject, struct report *report)
{
    const struct types *types = &subject->types;
    unsigned count = 0;

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        const struct type *structure = structure_named(types, headers[i].structure);
        size_t length = strlen(headers[i].prefix);

        for (size_t j = 0; structure != NULL && j < types->constant_count; j++) {
            const struct constant *constant = &types->constants[j];

            if (constant->macro && strncmp(constant->name, headers[i].prefix, length) == 0)
                count += check_macro(types, structure, constant, constant->name + length, report);
        }
    }
    if (count == 0)
        report_failure(report, "there are no macros: built without -g3?");
    report_covered(report, "%u macros", count);
}

/* A structure in memory at that address has the registers where its members' names say. */
static unsigned check_members(const struct flow *flow, const struct node *node,
                              const struct type *structure, const struct value *address,
                              struct report *report)
{
    const struct types *types = &flow->subject->types;
    unsigned count = 0;

    for (size_t i = 0; i < structure->count; i++) {
        const struct member *member = &types->members[structure->first + i];
        unsigned reg = register_named(member->name);
        struct value at = *address, wanted = value_entry(reg, 0);
        const struct value *word;

        at.offset += (int64_t)member->offset;
        word = state_word(node->before, &at);
        if (reg == DWARF_REGISTERS)
            continue;
        count++;
        if (reg == REG_RSP && word != NULL && word->kind == CFA && word->offset == 0)
            continue;
        if (word == NULL || !value_same(word, &wanted))
            report_failure(report, "%s: %s of struct %s is %s there",
                           image_place(&flow->subject->image, node->in.address), member->name,
                           structure->name, word != NULL ? value_text(word) : "nothing known");
    }
    return count;
}

static bool has_registers(const struct types *types, const struct type *structure)
{
    for (size_t i = 0; i < structure->count; i++) {
        if (register_named(types->members[structure->first + i].name) == REG_RIP)
            return true;
    }
    return false;
}

/* Frames that assembly hands to C: pointers to its own stack. */
static unsigned check_arguments(const struct flow *flow, const struct node *node,
                                struct report *report)
{
    static const uint8_t order[] = {REG_RDI, REG_RSI, REG_RDX, REG_RCX, 8, 9};
    const struct types *types = &flow->subject->types;
    const struct function *function;
    unsigned count = 0;
    uint64_t target;

    if (!decode_is_call(&node->in) || !decode_target(&node->in, &target))
        return 0;
    function = function_at(types, &flow->subject->image, target);
    for (size_t i = 0; function != NULL && i < function->count && i < sizeof(order); i++) {
        const struct type *structure =
            type_behind(types, types->members[function->first + i].type);
        const struct value *value = &node->before->registers[order[i]];

        if (structure != NULL && structure->count > 0 && value->kind == CFA &&
            has_registers(types, structure))
            count += check_members(flow, node, structure, value, report);
    }
    return count;
}

/* Structures that assembly fills for its caller: recovery_mark(struct recovery_point *). */
static unsigned check_results(const struct flow *flow, const struct node *node,
                              struct report *report)
{
    const struct types *types = &flow->subject->types;
    const struct unwinder *own = dwarf_unwinder_at(&flow->subject->dwarf, node->in.address);
    const struct function *function =
        function_at(types, &flow->subject->image, own->range.start);

    if (node->in.is.mnemonic != ZYDIS_MNEMONIC_RET || function == NULL || function->count == 0)
        return 0;

    const struct type *structure = type_behind(types, types->members[function->first].type);
    struct value argument = value_entry(REG_RDI, 0);

    if (structure == NULL || structure->count == 0 || !has_registers(types, structure))
        return 0;
    return check_members(flow, node, structure, &argument, report);
}

/* A thread's stack pointer is stored: what lies there is all that is left of the thread. */
static unsigned check_switch(const struct flow *flow, const struct node *node,
                             struct report *report)
{
    const struct type *frame = structure_named(&flow->subject->types, "switch_frame");
    const struct value *rsp = &node->before->registers[REG_RSP];
    const ZydisDecodedOperand *o = node->in.operands;

    if (node->in.is.mnemonic != ZYDIS_MNEMONIC_MOV || o[0].type != ZYDIS_OPERAND_TYPE_MEMORY ||
        o[1].type != ZYDIS_OPERAND_TYPE_REGISTER || o[1].reg.value != ZYDIS_REGISTER_RSP ||
        rsp->kind != CFA || rsp->offset == 0 || frame == NULL)
        return 0;
    if (rsp->offset != -(int64_t)frame->size)
        report_failure(report, "%s: the stack pointer is not that of a struct switch_frame",
                       image_place(&flow->subject->image, node->in.address));
    return check_members(flow, node, frame, rsp, report);
}

/* What an instruction of the assembler's reaches by an offset from a structure. */
static const struct type *structure_reached(const struct flow *flow, const struct node *node,
                                            const struct value *address, uint64_t *offset)
{
    const struct types *types = &flow->subject->types;
    const struct unwinder *own = dwarf_unwinder_at(&flow->subject->dwarf, node->in.address);
    const struct type *frame = structure_named(types, "trap_frame");
    const struct type *behind = type_behind(types, address->type);

    if (address->kind == PER_CPU) {
        *offset = (uint64_t)address->offset;
        return structure_named(types, "cpu");
    }
    if (behind != NULL && behind->count > 0) {
        *offset = (uint64_t)address->at;
        return behind;
    }
    if (address->kind == CFA && own->signal && frame != NULL) {
        *offset = (uint64_t)(address->offset + (int64_t)frame->size);
        return frame;
    }
    return NULL;
}

static unsigned check_operands(const struct flow *flow, const struct node *node,
                               struct report *report)
{
    unsigned count = 0;

    for (unsigned i = 0; i < node->in.is.operand_count_visible; i++) {
        const ZydisDecodedOperand *operand = &node->in.operands[i];
        const struct type *structure;
        struct place place;
        struct value address;
        uint64_t offset;

        if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY ||
            node->in.is.mnemonic == ZYDIS_MNEMONIC_LEA || !operand->mem.disp.has_displacement)
            continue;
        address = machine_address(&flow->machine, node->before, &node->in, operand);
        structure = structure_reached(flow, node, &address, &offset);
        if (structure == NULL)
            continue;
        count++;
        if (!type_at(&flow->subject->types, structure, offset, &place) || place.rest != 0 ||
            operand->size / 8 > type_size(&flow->subject->types, place.type))
            report_failure(report, "%s: %" PRIu64 " is no member of struct %s",
                           image_place(&flow->subject->image, node->in.address), offset,
                           structure->name);
    }
    return count;
}

/* The number that a vector's entry pushes is where struct trap_frame has its vector. */
static unsigned check_vector(const struct flow *flow, const struct node *node,
                             struct report *report)
{
    const struct unwinder *own = dwarf_unwinder_at(&flow->subject->dwarf, node->in.address);
    const struct type *frame = structure_named(&flow->subject->types, "trap_frame");
    const struct value *rsp = &node->before->registers[REG_RSP], *word;
    const struct member *member;
    unsigned vector;

    if (!vector_of(flow->subject, own->range.start, &vector) || !decode_ends_flow(&node->in))
        return 0;
    word = state_word(node->before, rsp);
    member = member_named(&flow->subject->types, frame, "vector");
    if (member == NULL || rsp->offset != (int64_t)member->offset - (int64_t)frame->size)
        report_failure(report, "%s: the number is not where struct trap_frame has it",
                       image_place(&flow->subject->image, node->in.address));
    if (word == NULL || word->kind != CONSTANT || (uint32_t)word->offset != vector)
        report_failure(report, "%s: pushes the number %s",
                       image_place(&flow->subject->image, node->in.address),
                       word != NULL ? value_text(word) : "of nothing");
    return 1;
}

static void check_assembly(struct subject *subject, struct report *report)
{
    unsigned members = 0, operands = 0, vectors = 0;
    struct flow flow;

    flow_open(&flow, subject);
    assembly_flow(&flow, report);
    for (size_t i = 0; i < flow.count; i++) {
        const struct node *node = &flow.nodes[i];

        if (node->before == NULL)
            continue;
        members += check_arguments(&flow, node, report) + check_results(&flow, node, report) +
                   check_switch(&flow, node, report);
        operands += check_operands(&flow, node, report);
        vectors += check_vector(&flow, node, report);
    }
    flow_close(&flow);
    report_covered(report, "%u registers in frames that assembly fills, %u operands, %u vectors",
                   members, operands, vectors);
}

void check_layout(struct subject *subject, struct report *report)
{
    check_macros(subject, report);
    check_assembly(subject, report);
    check_hardware(subject, report);
    check_register_table(subject, report);
}
