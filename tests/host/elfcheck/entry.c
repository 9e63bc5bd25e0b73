/*
 * entry.c: how assembly is entered: by a call, by the processor for a vector or a syscall, or with a
 * whole frame on the stack; and from there through all of it.
 */
#include <stdio.h>
#include <string.h>

#include "flow.h"

/* What the processor pushes for an exception: ss, rsp, rflags, cs, rip; from the CFA down. */
static const uint8_t pushed[] = {REG_SS, REG_RSP, REG_RFLAGS, REG_CS, REG_RIP};
#define PUSHED_BYTES (8 * (int)sizeof(pushed))

/* Which vectors come with an error code as well (Intel SDM vol. 3, table 6-1; AMD APM 8.4). */
#define ERROR_CODES (1u << 8 | 0x1fu << 10 | 1u << 17 | 1u << 21 | 1u << 29 | 1u << 30)

/* The number in the name of a vector's entry: "vector_14". */
bool vector_of(const struct subject *subject, uint64_t address, unsigned *vector)
{
    const char *name = image_place(&subject->image, address), *number = strstr(name, "vector_");

    return number != NULL && sscanf(number, "vector_%u", vector) == 1 && !strchr(name, '+');
}

/* By syscall: rip is in rcx, the flags are in r11, and rsp is still the interrupted code's. */
bool is_syscall(const struct subject *subject, uint64_t address)
{
    return strstr(image_place(&subject->image, address), "syscall_entry") != NULL;
}

static void enter_syscall(struct state *state)
{
    state_enter(state, 0);
    state->registers[REG_RCX] = value_entry(REG_RIP, 0);
    state->registers[11] = value_entry(REG_RFLAGS, 0);
    state->flags = (struct value){0};
}

static void enter_exception(struct state *state, bool error_code)
{
    state_enter(state, PUSHED_BYTES + (error_code ? 8 : 0));
    for (unsigned i = 0; i < sizeof(pushed); i++) {
        struct value at = value_cfa(-8 * ((int)i + 1)), value = value_entry(pushed[i], 0);

        state_store(state, &at, &value, 8);
    }
}

void enter_without_code(const struct flow *flow, const struct node *node, struct state *state)
{
    const struct unwinder *own = dwarf_unwinder_at(&flow->subject->dwarf, node->in.address);
    unsigned vector;

    if (own != NULL && decode_is_jump(&node->in) &&
        vector_of(flow->subject, own->range.start, &vector))
        enter_exception(state, false);
}

unsigned register_named(const char *name)
{
    for (unsigned i = 0; i < DWARF_REGISTERS; i++) {
        if (strcmp(dwarf_register_name(i), name) == 0)
            return i;
    }
    return DWARF_REGISTERS;
}

/* rsp is a whole struct trap_frame, whose members are the registers by their names. */
static void enter_whole_frame(const struct subject *subject, struct state *state)
{
    const struct type *frame = structure_named(&subject->types, "trap_frame");

    if (frame == NULL)
        give_up("there is no struct trap_frame");
    state_enter(state, (int64_t)frame->size);
    for (unsigned i = 0; i < 16; i++) {
        if (i != REG_RSP)
            state->registers[i] = (struct value){0};
    }
    for (size_t i = 0; i < frame->count; i++) {
        const struct member *member = &subject->types.members[frame->first + i];
        struct value at = value_cfa((int64_t)member->offset - (int64_t)frame->size);
        unsigned reg = register_named(member->name);
        struct value value = value_entry(reg, 0);

        if (reg < DWARF_REGISTERS)
            state_store(state, &at, &value, 8);
    }
}

/* How a function is entered that is not entered by a jump from another. */
static void enter(struct flow *flow, const struct unwinder *unwinder)
{
    uint64_t address = unwinder->range.start;
    struct value rip = value_entry(REG_RIP, 0), at = value_cfa(-8);
    struct state state;
    unsigned vector;

    if (is_syscall(flow->subject, address)) {
        enter_syscall(&state);
    } else if (!unwinder->signal) {
        state_enter(&state, 8);
        state_store(&state, &at, &rip, 8);
        machine_arguments(&flow->machine, &state, address);
    } else if (vector_of(flow->subject, address, &vector)) {
        enter_exception(&state, vector < 32 && (ERROR_CODES >> vector & 1));
    } else {
        enter_whole_frame(flow->subject, &state);
    }
    flow_enter(flow, address, &state);
}

static bool entered_by_jump(const struct flow *flow, const struct unwinder *unwinder)
{
    const struct node *node = flow_node(flow, unwinder->range.start);

    return node != NULL && node->before != NULL;
}

/* Vectors and functions first; then what none of them has jumped to. */
static void enter_all(struct flow *flow, bool first)
{
    const struct dwarf *dwarf = &flow->subject->dwarf;

    for (size_t i = 0; i < dwarf->unwinder_count; i++) {
        const struct unwinder *unwinder = &dwarf->unwinders[i];
        uint64_t start = unwinder->range.start;
        unsigned vector;
        bool known = !unwinder->signal || vector_of(flow->subject, start, &vector) ||
                     is_syscall(flow->subject, start);

        if (unwinder->assembly && known == first && !entered_by_jump(flow, unwinder))
            enter(flow, unwinder);
    }
    flow_run(flow);
}

void assembly_flow(struct flow *flow, struct report *report)
{
    const struct dwarf *dwarf = &flow->subject->dwarf;

    for (size_t i = 0; i < dwarf->unwinder_count; i++) {
        const struct unwinder *unwinder = &dwarf->unwinders[i];

        if (unwinder->assembly && !flow_add(flow, unwinder->range))
            report_failure(report, "%s is not all code",
                           image_place(&flow->subject->image, unwinder->range.start));
    }
    enter_all(flow, true);
    enter_all(flow, false);
}
