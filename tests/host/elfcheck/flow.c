/* flow.c: a work list. */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

void flow_open(struct flow *flow, struct subject *subject)
{
    struct range table = image_range(&subject->image, "__ex_table");

    *flow = (struct flow){.subject = subject, .machine = {0, false, &subject->image, &subject->types}};
    flow->guards = calloc((table.end - table.start) / 8 + 1, sizeof(*flow->guards));
    for (uint64_t at = table.start; at + 8 <= table.end; at += 8) {
        int32_t entry[2];

        memcpy(entry, image_at(&subject->image, at, 8), 8);
        flow->guards[flow->guard_count][0] = at + (uint64_t)(int64_t)entry[0];
        flow->guards[flow->guard_count++][1] = at + 4 + (uint64_t)(int64_t)entry[1];
    }
}

void flow_close(struct flow *flow)
{
    for (size_t i = 0; i < flow->count; i++)
        free(flow->nodes[i].before);
    free(flow->nodes);
    free(flow->queue);
    free(flow->guards);
}

/* What begins in a function, ends in it. */
static void find_locals(struct flow *flow, struct range range)
{
    const struct types *types = &flow->subject->types;
    size_t first = 0;

    while (first < types->local_count && types->locals[first].range.start < range.start)
        first++;
    flow->locals = types->locals + first;
    flow->local_count = 0;
    while (first + flow->local_count < types->local_count &&
           flow->locals[flow->local_count].range.start < range.end)
        flow->local_count++;
}

/* What DWARF knows of the registers and the code did not tell: pointers that were void. */
static void learn_types(const struct flow *flow, struct node *node)
{
    for (size_t i = 0; i < flow->local_count; i++) {
        const struct local *local = &flow->locals[i];
        struct value *value = &node->before->registers[local->reg % 16];

        if (local->reg < 16 && in_range(local->range, node->in.address) && !value->object &&
            type_behind(flow->machine.types, value->type) == NULL) {
            value->type = local->type;
            value->at = 0;
        }
    }
}

bool flow_add(struct flow *flow, struct range range)
{
    uint64_t at = range.start;

    find_locals(flow, range);
    while (at < range.end) {
        struct node node = {0};

        if (!decode(&flow->subject->image, at, &node.in))
            break;
        if ((flow->count & (flow->count - 1)) == 0) {
            size_t room = flow->count ? 2 * flow->count : 1;

            flow->nodes = realloc(flow->nodes, room * sizeof(*flow->nodes));
            flow->queue = realloc(flow->queue, room * sizeof(*flow->queue));
        }
        flow->nodes[flow->count++] = node;
        at = node.in.next;
    }
    return at == range.end;
}

struct node *flow_node(const struct flow *flow, uint64_t address)
{
    size_t low = 0, high = flow->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (flow->nodes[middle].in.address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < flow->count && flow->nodes[low].in.address == address ? &flow->nodes[low] : NULL;
}

void flow_enter(struct flow *flow, uint64_t address, const struct state *state)
{
    struct node *node = flow_node(flow, address);
    bool changed = true;

    if (node == NULL)
        return; /* a call in place of a jump, to where another flow goes on */
    if (node->before == NULL) {
        node->before = malloc(sizeof(*state));
        *node->before = *state;
    } else {
        changed = state_join(node->before, state);
    }
    if (changed && !node->waiting) {
        node->waiting = true;
        flow->queue[flow->queued++] = (size_t)(node - flow->nodes);
    }
}

/* jmp *table(,%reg,8): entries as long as they lead into the same function. */
static void enter_cases(struct flow *flow, const struct node *node, const struct state *state)
{
    const struct unwinder *own = dwarf_unwinder_at(&flow->subject->dwarf, node->in.address);
    const ZydisDecodedOperand *to = &node->in.operands[0];
    uint64_t target;

    if (to->type != ZYDIS_OPERAND_TYPE_MEMORY || to->mem.base != ZYDIS_REGISTER_NONE || own == NULL)
        return;
    for (uint64_t at = (uint64_t)to->mem.disp.value;
         image_word(&flow->subject->image, at, &target) && in_range(own->range, target); at += 8)
        flow_enter(flow, target, state);
}

/* iretq to a place that was pushed as a constant: rip, cs, rflags, rsp, ss (SDM vol. 2, IRET). */
static void enter_returned(struct flow *flow, const struct state *state)
{
    struct value at = state->registers[REG_RSP];
    const struct value *words[4];
    struct state after = *state;

    for (unsigned i = 0; i < 4; i++, at.offset += 8) {
        words[i] = state_word(state, &at);
        if (words[i] == NULL)
            return;
    }
    if (words[0]->kind != CONSTANT)
        return;
    after.flags = *words[2];
    after.registers[REG_RSP] = *words[3];
    flow_enter(flow, (uint64_t)words[0]->offset, &after);
}

static void follow(struct flow *flow, const struct node *node)
{
    const struct instruction *in = &node->in;
    struct state after = *node->before;
    uint64_t target;

    for (size_t i = 0; i < flow->guard_count; i++) {
        if (flow->guards[i][0] == in->address)
            flow_enter(flow, flow->guards[i][1], node->before);
    }
    if (in->is.mnemonic == ZYDIS_MNEMONIC_IRETQ)
        enter_returned(flow, node->before);
    machine_step(&flow->machine, &after, in);
    if (decode_is_jump(in)) {
        if (decode_target(in, &target))
            flow_enter(flow, target, &after);
        else
            enter_cases(flow, node, &after);
    }
    if (!decode_ends_flow(in)) {
        enter_without_code(flow, node, &after);
        flow_enter(flow, in->next, &after);
    }
}

void flow_run(struct flow *flow)
{
    while (flow->queued > 0) {
        struct node *node = &flow->nodes[flow->queue[--flow->queued]];

        node->waiting = false;
        learn_types(flow, node);
        follow(flow, node);
    }
}
