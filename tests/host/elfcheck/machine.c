/* machine.c: the instructions that move values whose origin matters. */
#include "machine.h"

#include <dwarf.h>
#include <string.h>

int register_of(ZydisRegister reg)
{
    /* In the order of their encoding. */
    static const int8_t numbers[8] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX,
                                      REG_RSP, REG_RBP, REG_RSI, REG_RDI};
    ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);

    if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15)
        return -1;
    unsigned n = (unsigned)(whole - ZYDIS_REGISTER_RAX);
    return n < 8 ? numbers[n] : (int)n;
}

/* The address of a variable is a pointer to what it is, or to its elements. */
static struct value address_of(const struct machine *machine, struct value value)
{
    const struct variable *variable;

    if (value.kind == CONSTANT && value.type == 0 &&
        (variable = variable_at(machine->types, (uint64_t)value.offset)) != NULL) {
        value.object = true;
        value.type = variable->type;
        value.at = value.offset - (int64_t)variable->address;
    }
    return value;
}

static struct value constant(uint64_t n)
{
    return (struct value){.kind = CONSTANT, .offset = (int64_t)n};
}

static struct value plus(struct value value, int64_t n)
{
    value.offset += n;
    value.at += n;
    value.origin = (struct place){0};
    return value;
}

struct value machine_address(const struct machine *machine, const struct state *state,
                             const struct instruction *in, const ZydisDecodedOperand *operand)
{
    int64_t displacement = operand->mem.disp.has_displacement ? operand->mem.disp.value : 0;
    int base = register_of(operand->mem.base);
    struct value value = {0};
    uint64_t address;

    (void)machine;
    if (operand->mem.segment == ZYDIS_REGISTER_GS && base < 0)
        return (struct value){.kind = PER_CPU, .offset = displacement};
    if (decode_constant_address(in, operand, &address))
        return constant(address);
    if (base >= 0)
        value = plus(state->registers[base], displacement);
    else
        value = constant((uint64_t)displacement);
    if (operand->mem.index == ZYDIS_REGISTER_NONE &&
        (value.kind != UNKNOWN || value.type != 0))
        return value;

    /* An element of an array: the type is what can be known of it. */
    const struct variable *variable = variable_at(machine->types, (uint64_t)displacement);

    if (variable != NULL) {
        value.object = true;
        value.type = variable->type;
        value.at = displacement - (int64_t)variable->address;
    }
    value.kind = UNKNOWN;
    return value;
}

/* What an address points into. */
static bool behind(const struct machine *machine, const struct value *pointer,
                   const struct type **type, uint64_t *at)
{
    struct value value = address_of(machine, *pointer);
    const struct local *local;

    if (value.kind == CFA && value.type == 0 &&
        (local = local_in_frame(machine->types, machine->function, value.offset)) != NULL) {
        value.object = true;
        value.type = local->type;
        value.at = value.offset - local->offset;
    }
    *type = value.object ? type_proper(machine->types, value.type)
                         : type_behind(machine->types, value.type);
    *at = (uint64_t)value.at;
    if (*type == NULL)
        return false;

    uint64_t size = type_size(machine->types, (*type)->id);

    if (size > 0) /* from one element of an array to the next, or back */
        *at = (uint64_t)(((int64_t)*at % (int64_t)size + (int64_t)size) % (int64_t)size);
    return true;
}

static struct value load(const struct machine *machine, const struct state *state,
                         const struct value *address)
{
    const struct value *known = state_word(state, address);
    struct value value = {0};
    const struct type *type;
    struct place place;
    uint64_t at;

    if (known != NULL)
        return *known;
    if (address->kind == PER_CPU) /* a stack, if it ever gets into rsp */
        value.kind = STACK;
    if (behind(machine, address, &type, &at) && type_at(machine->types, type, at, &place) &&
        place.rest == 0) {
        value.type = place.type;
        value.origin = place;
    }
    return value;
}

struct value machine_value(const struct machine *machine, const struct state *state,
                           const struct instruction *in, const ZydisDecodedOperand *operand)
{
    struct value address;
    int reg;

    switch (operand->type) {
    case ZYDIS_OPERAND_TYPE_REGISTER:
        reg = register_of(operand->reg.value);
        return reg >= 0 && operand->size == 64 ? state->registers[reg] : (struct value){0};
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
        return constant(operand->imm.value.u);
    case ZYDIS_OPERAND_TYPE_MEMORY:
        address = machine_address(machine, state, in, operand);
        return operand->size == 64 ? load(machine, state, &address) : (struct value){0};
    default:
        return (struct value){0};
    }
}

void machine_arguments(const struct machine *machine, struct state *state, uint64_t address)
{
    static const uint8_t order[] = {REG_RDI, REG_RSI, REG_RDX, REG_RCX, REG_R8, REG_R8 + 1};
    const struct function *function = function_at(machine->types, machine->image, address);

    for (size_t i = 0; function != NULL && i < function->count && i < sizeof(order); i++)
        state->registers[order[i]].type = machine->types->members[function->first + i].type;
}

/*
 * A stack pointer from elsewhere. If this code has left one behind, it is another thread's, which
 * did the same, with the same words on its stack; its registers are there, not here. A system
 * call leaves its program's on the new stack, which is empty.
 */
static void change_stack(struct state *state, const struct value *value)
{
    struct value *rsp = &state->registers[REG_RSP];

    if (value->kind != CFA && state->left.kind == CFA) {
        for (unsigned i = 0; i < 16; i++)
            state->registers[i].kind = UNKNOWN;
        *rsp = state->left;
    } else {
        *rsp = *value;
        if (rsp->kind == UNKNOWN)
            *rsp = (struct value){.kind = STACK};
    }
}

static void assign(const struct machine *machine, struct state *state,
                   const struct instruction *in, struct value value)
{
    const ZydisDecodedOperand *to = &in->operands[0];
    int reg = to->type == ZYDIS_OPERAND_TYPE_REGISTER ? register_of(to->reg.value) : -1;

    if (to->type == ZYDIS_OPERAND_TYPE_MEMORY) {
        struct value address = machine_address(machine, state, in, to);

        if (value.kind == CFA && address.kind != CFA && address.kind != STACK &&
            value_same(&value, &state->registers[REG_RSP]))
            state->left = value;
        state_store(state, &address, &value, to->size / 8);
    } else if (reg == REG_RSP) {
        change_stack(state, &value);
    } else if (reg >= 0) {
        /* The upper half is cleared: still a number, no longer a pointer. */
        if (to->size == 32 && value.kind != CONSTANT)
            value = (struct value){0};
        if (to->size < 32)
            value = (struct value){0};
        if (to->size == 32)
            value.offset = (int64_t)(uint32_t)value.offset;
        state->registers[reg] = value;
    }
}

static void push(struct state *state, const struct value *value, unsigned size)
{
    state->registers[REG_RSP] = plus(state->registers[REG_RSP], -(int64_t)size);
    state_store(state, &state->registers[REG_RSP], value, size);
}

/* What lies below the stack pointer is anybody's. */
static void drop(struct state *state, unsigned size)
{
    struct value *rsp = &state->registers[REG_RSP];

    *rsp = plus(*rsp, size);
    for (unsigned i = 0; i < state->count;) {
        const struct value *address = &state->words[i].address;

        if ((rsp->kind == CFA || rsp->kind == STACK) && address->kind == rsp->kind &&
            address->offset < rsp->offset)
            state->words[i] = state->words[--state->count];
        else
            i++;
    }
}

static struct value top(const struct machine *machine, const struct state *state)
{
    return load(machine, state, &state->registers[REG_RSP]);
}

static void call(const struct machine *machine, struct state *state, const struct instruction *in)
{
    static const uint8_t scratch[] = {REG_RAX, REG_RCX, REG_RDX, REG_RSI, REG_RDI,
                                      8, 9, 10, 11};
    struct value callee = machine_value(machine, state, in, &in->operands[0]);
    const struct type *type = type_behind(machine->types, callee.type);
    const struct function *function = NULL;
    uint64_t target;

    if (decode_target(in, &target))
        function = function_at(machine->types, machine->image, target);
    for (size_t i = 0; i < (machine->trusting ? 1 : sizeof(scratch)); i++)
        state->registers[scratch[i]] = (struct value){0};
    state->flags = (struct value){0};
    if (function != NULL)
        state->registers[REG_RAX].type = function->returns;
    else if (type != NULL && type->tag == DW_TAG_subroutine_type)
        state->registers[REG_RAX].type = type->of;
}

static void add(const struct machine *machine, struct state *state, const struct instruction *in)
{
    struct value a = machine_value(machine, state, in, &in->operands[0]);
    struct value b = machine_value(machine, state, in, &in->operands[1]);
    int64_t sign = in->is.mnemonic == ZYDIS_MNEMONIC_SUB ? -1 : 1;

    if (b.kind == CONSTANT) {
        a = plus(a, sign * b.offset);
    } else {
        /* Which element of an array it will be does not matter. */
        a = a.object || type_behind(machine->types, a.type) != NULL ? a : b;
        a.kind = UNKNOWN;
        a.origin = (struct place){0};
    }
    assign(machine, state, in, a);
}

/* All that the instruction writes, and nothing here understands. */
static void forget(const struct machine *machine, struct state *state, const struct instruction *in)
{
    static const struct value unknown;

    for (unsigned i = 0; i < in->is.operand_count; i++) {
        const ZydisDecodedOperand *operand = &in->operands[i];
        int reg = operand->type == ZYDIS_OPERAND_TYPE_REGISTER ? register_of(operand->reg.value)
                                                               : -1;

        if (!(operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
            continue;
        if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY) {
            struct value address = machine_address(machine, state, in, operand);

            if (operand->size / 8 != 8)
                state_store(state, &address, &unknown, operand->size / 8);
        } else if (reg >= 0) {
            state->registers[reg] = unknown;
        }
    }
}

static bool writes_flags(const struct instruction *in)
{
    const ZydisAccessedFlags *flags = in->is.cpu_flags;

    return flags != NULL && (flags->modified | flags->set_0 | flags->set_1 | flags->undefined);
}

static void stack_instruction(const struct machine *machine, struct state *state,
                              const struct instruction *in)
{
    unsigned size = in->is.operand_width / 8;
    struct value value;

    switch (in->is.mnemonic) {
    case ZYDIS_MNEMONIC_PUSH:
        value = machine_value(machine, state, in, &in->operands[0]);
        push(state, &value, size);
        break;
    case ZYDIS_MNEMONIC_PUSHF:
    case ZYDIS_MNEMONIC_PUSHFQ:
        push(state, &state->flags, size);
        break;
    case ZYDIS_MNEMONIC_POP:
        value = size == 8 ? top(machine, state) : (struct value){0};
        drop(state, size);
        assign(machine, state, in, value);
        break;
    case ZYDIS_MNEMONIC_POPF:
    case ZYDIS_MNEMONIC_POPFQ:
        state->flags = size == 8 ? top(machine, state) : (struct value){0};
        drop(state, size);
        break;
    default: /* leave */
        state->registers[REG_RSP] = state->registers[REG_RBP];
        state->registers[REG_RBP] = top(machine, state);
        drop(state, 8);
    }
}

void machine_step(const struct machine *machine, struct state *state, const struct instruction *in)
{
    const ZydisDecodedOperand *o = in->operands;

    switch (in->is.mnemonic) {
    case ZYDIS_MNEMONIC_PUSH:
    case ZYDIS_MNEMONIC_PUSHF:
    case ZYDIS_MNEMONIC_PUSHFQ:
    case ZYDIS_MNEMONIC_POP:
    case ZYDIS_MNEMONIC_POPF:
    case ZYDIS_MNEMONIC_POPFQ:
    case ZYDIS_MNEMONIC_LEAVE:
        stack_instruction(machine, state, in);
        return;
    case ZYDIS_MNEMONIC_CALL:
        call(machine, state, in);
        return;
    case ZYDIS_MNEMONIC_MOV:
        assign(machine, state, in, address_of(machine, machine_value(machine, state, in, &o[1])));
        return;
    case ZYDIS_MNEMONIC_LEA:
        assign(machine, state, in,
               address_of(machine, machine_address(machine, state, in, &o[1])));
        return;
    case ZYDIS_MNEMONIC_ADD:
    case ZYDIS_MNEMONIC_SUB:
        add(machine, state, in);
        break;
    case ZYDIS_MNEMONIC_XOR:
        if (o[1].type == ZYDIS_OPERAND_TYPE_REGISTER && o[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
            o[0].reg.value == o[1].reg.value) {
            assign(machine, state, in, constant(0));
            break;
        }
        forget(machine, state, in);
        break;
    default:
        forget(machine, state, in);
    }
    if (writes_flags(in))
        state->flags = (struct value){0};
}
