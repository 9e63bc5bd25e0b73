/*
 * check_entry.c: from an exception to the debugger, nothing runs that a client could break in. The
 * debugger's first own function ends the way; what follows its return is the kernel's business. So
 * for the interrupts that may come while the debugger holds a processor: all of their way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"

#define DEBUGGER "debugger_exception"

struct walk {
    struct subject *subject;
    struct report *report;
    struct range own, entry;
    uint64_t debugger, todo[4096];
    uint8_t *seen; /* a bit for each address of the entry code */
    bool shared[256]; /* interrupts that may find the debugger at work */
    size_t waiting, instructions, vectors, interrupts, reached;
};

static void visit(struct walk *walk, uint64_t from, uint64_t address)
{
    uint64_t n = address - walk->entry.start;

    if (in_range(walk->own, address))
        return; /* check_calls.c's */
    if (!in_range(walk->entry, address)) {
        report_failure(walk->report, "%s goes to %s, where there may be a breakpoint",
                       image_place(&walk->subject->image, from),
                       image_place(&walk->subject->image, address));
        return;
    }
    if (walk->seen[n / 8] >> n % 8 & 1)
        return;
    walk->seen[n / 8] |= (uint8_t)(1u << n % 8);
    if (walk->waiting == sizeof(walk->todo) / sizeof(walk->todo[0]))
        give_up("the entry code is too long");
    walk->todo[walk->waiting++] = address;
}

static void follow(struct walk *walk, uint64_t address)
{
    const struct image *image = &walk->subject->image;
    struct instruction in;
    uint64_t target;

    if (!decode(image, address, &in))
        return;
    walk->instructions++;
    if (decode_is_call(&in) || decode_is_jump(&in)) {
        if (!decode_target(&in, &target)) {
            report_failure(walk->report, "%s goes to where nobody can say",
                           image_place(image, address));
        } else if (target == walk->debugger) {
            walk->reached++;
            return;
        } else {
            visit(walk, address, target);
        }
    }
    if (!decode_ends_flow(&in))
        visit(walk, address, in.next);
}

/* Interrupts that come while the debugger runs are named in its configuration, which C fills in. */
static bool is_debuggers_vector(const struct member *member)
{
    return strcmp(member->name, "line_vector") == 0 || strcmp(member->name, "wake_vector") == 0;
}

static void take_vector(struct walk *walk, const struct flow *flow, const struct node *node)
{
    const struct types *types = &walk->subject->types;
    const ZydisDecodedOperand *o = node->in.operands;
    const struct local *local;
    struct value address;
    struct place place;

    if (node->before == NULL || node->in.is.mnemonic != ZYDIS_MNEMONIC_MOV ||
        o[0].type != ZYDIS_OPERAND_TYPE_MEMORY || o[1].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
        return;
    address = machine_address(&flow->machine, node->before, &node->in, &o[0]);
    local = local_in_frame(types, flow->machine.function, address.offset);
    if (address.kind == CFA && local != NULL &&
        type_at(types, type_proper(types, local->type),
                (uint64_t)(address.offset - local->offset), &place) &&
        place.member != NULL && is_debuggers_vector(place.member))
        walk->shared[(uint8_t)o[1].imm.value.u] = true;
}

static void take_vectors(struct walk *walk)
{
    const struct types *types = &walk->subject->types;

    for (size_t i = 0; i < types->local_count; i++) {
        const struct local *local = &types->locals[i];
        const struct type *type = type_proper(types, local->type);
        const struct unwinder *unwinder =
            dwarf_unwinder_at(&walk->subject->dwarf, local->range.start);
        struct state state;
        struct flow flow;

        if (local->reg != IN_FRAME || type == NULL || unwinder == NULL ||
            strcmp(type->name, "debugger_config") != 0)
            continue;
        flow_open(&flow, walk->subject);
        flow_add(&flow, unwinder->range);
        flow.machine.function = unwinder->range.start;
        state_enter(&state, 8);
        flow_enter(&flow, unwinder->range.start, &state);
        flow_run(&flow);
        for (size_t j = 0; j < flow.count; j++)
            take_vector(walk, &flow, &flow.nodes[j]);
        flow_close(&flow);
    }
}

/* The processor's vectors, and the debugger's. */
static void start(struct walk *walk)
{
    const struct image *image = &walk->subject->image;

    for (size_t i = 0; i < image->symbol_count; i++) {
        const struct symbol *symbol = &image->symbols[i];
        unsigned vector;

        if (symbol->type != STT_FUNC || strncmp(symbol->name, "vector_", 7) != 0 ||
            sscanf(symbol->name, "vector_%u", &vector) != 1 || vector > 255 ||
            (vector >= 32 && !walk->shared[vector]))
            continue;
        walk->vectors++;
        walk->interrupts += vector >= 32;
        visit(walk, symbol->address, symbol->address);
    }
}

void check_entry(struct subject *subject, struct report *report)
{
    const struct image *image = &subject->image;
    struct walk walk = {.subject = subject, .report = report,
                        .own = image_range(image, "__debugger_text"),
                        .entry = image_range(image, "__entry"),
                        .debugger = image_address(image, DEBUGGER)};

    walk.seen = calloc((walk.entry.end - walk.entry.start) / 8 + 1, 1);
    take_vectors(&walk);
    start(&walk);
    while (walk.waiting > 0)
        follow(&walk, walk.todo[--walk.waiting]);
    free(walk.seen);
    if (walk.reached == 0)
        report_failure(report, "no exception reaches " DEBUGGER);
    if (walk.interrupts == 0)
        report_failure(report, "no interrupt is the debugger's: is its configuration elsewhere?");
    report_covered(report, "%zu vectors, %zu of them interrupts of its own, %zu instructions before the debugger's first",
                   walk.vectors, walk.interrupts, walk.instructions);
}
