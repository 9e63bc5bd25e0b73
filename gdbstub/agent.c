/*
 * agent.c: the interpreter of agent.h: a stack machine of 64 bits with big-endian operands. Its
 * instructions are rows of a table, which says what each takes, so that no handler has to check.
 */
#include "agent_code.h"

#include "core.h"

/* ---- arithmetic ---- */

#define UNARY(name, result)                                                                        \
    static void name(struct run *r)                                                                \
    {                                                                                              \
        uint64_t a = pop(r);                                                                       \
        push(r, result);                                                                           \
    }
#define BINARY(name, result)                                                                       \
    static void name(struct run *r)                                                                \
    {                                                                                              \
        uint64_t b = pop(r), a = pop(r);                                                           \
        push(r, result);                                                                           \
    }

/* The arithmetic is modulo 2^64 also where C leaves it open, and does what the processor would not:
 * the least number divided by -1 is itself. */
static uint64_t shifted_right(uint64_t a, uint64_t b)
{
    uint64_t sign = (int64_t)a < 0 ? UINT64_MAX : 0;
    if (b > 63)
        return sign;
    return b ? a >> b | sign << (64 - b) : a;
}

static uint64_t quotient(uint64_t a, uint64_t b)
{
    return b == UINT64_MAX ? -a : (uint64_t)((int64_t)a / (int64_t)b);
}

static uint64_t remainder_of(uint64_t a, uint64_t b)
{
    return b == UINT64_MAX ? 0 : (uint64_t)((int64_t)a % (int64_t)b);
}

static uint64_t zero_extended(uint64_t a, uint64_t bits)
{
    return bits < 64 ? a & ((1ull << bits) - 1) : a;
}

static uint64_t sign_extended(uint64_t a, uint64_t bits)
{
    uint64_t sign = 1ull << (bits - 1);
    return (zero_extended(a, bits) ^ sign) - sign;
}

BINARY(do_add, a + b)
BINARY(do_sub, a - b)
BINARY(do_mul, a * b)
BINARY(divide_signed, quotient(a, b))
BINARY(divide_unsigned, a / b)
BINARY(modulo_signed, remainder_of(a, b))
BINARY(modulo_unsigned, a % b)
BINARY(do_lsh, b < 64 ? a << b : 0)
BINARY(do_rsh_signed, shifted_right(a, b))
BINARY(do_rsh_unsigned, b < 64 ? a >> b : 0)
UNARY(do_log_not, !a)
BINARY(do_and, a & b)
BINARY(do_or, a | b)
BINARY(do_xor, a ^ b)
UNARY(do_not, ~a)
BINARY(do_equal, a == b)
BINARY(do_less_signed, (int64_t)a < (int64_t)b)
BINARY(do_less_unsigned, a < b)
UNARY(extend_signed, sign_extended(a, r->operand))
UNARY(do_zero_ext, zero_extended(a, r->operand))

static void do_division(struct run *r, instruction *divide)
{
    if (r->stack[r->depth - 1] == 0)
        r->wrong = "division by zero";
    else
        divide(r);
}

#define DIVISION(name, divide)                                                                     \
    static void name(struct run *r)                                                                \
    {                                                                                              \
        do_division(r, divide);                                                                    \
    }

DIVISION(do_div_signed, divide_signed)
DIVISION(do_div_unsigned, divide_unsigned)
DIVISION(do_rem_signed, modulo_signed)
DIVISION(do_rem_unsigned, modulo_unsigned)

static void do_ext(struct run *r)
{
    if (r->operand == 0)
        r->wrong = "sign extension of no bits";
    else if (r->operand < 64)
        extend_signed(r);
}

/* ---- the machine ---- */

const char gdb_agent_no_memory[] = "memory that cannot be read";

/* ref8, ref16, ref32, ref64 follow each other. */
static void do_ref(struct run *r)
{
    uint8_t bytes[8];
    size_t size = 1u << (r->opcode - 0x17);
    uint64_t value = 0, address = pop(r);
    if (!r->agent->read_memory(r->agent->context, address, bytes, size)) {
        r->wrong = gdb_agent_no_memory;
        return;
    }
    for (size_t i = size; i-- > 0;)
        value = value << 8 | bytes[i];
    push(r, value);
}

static void do_reg(struct run *r)
{
    uint64_t value = 0;
    if (!r->agent->read_register(r->agent->context, r->operand, &value))
        r->wrong = "a register that is not to be had";
    push(r, value);
}

/* ---- the stack and the flow ---- */

static void do_const(struct run *r)
{
    push(r, r->operand);
}

static void do_goto(struct run *r)
{
    if (r->operand >= r->length)
        r->wrong = "a jump out of the expression";
    r->pc = r->operand;
}

static void do_if_goto(struct run *r)
{
    if (pop(r))
        do_goto(r);
}

static void do_end(struct run *r)
{
    r->ended = true;
}

/* dup has no operand: it picks 0. */
static void do_pick(struct run *r)
{
    if (r->operand >= r->depth)
        r->wrong = "stack underflow";
    else
        push(r, r->stack[r->depth - 1 - r->operand]);
}

static void do_pop(struct run *r)
{
    pop(r);
}

static void do_swap(struct run *r)
{
    uint64_t b = pop(r), a = pop(r);
    push(r, b);
    push(r, a);
}

/* a b c: c a b */
static void do_rot(struct run *r)
{
    uint64_t c = pop(r), b = pop(r), a = pop(r);
    push(r, c);
    push(r, a);
    push(r, b);
}

/* ---- printf ---- */

/*
 * The operand is the number of arguments and the length of the format that follows. On the stack
 * are the arguments, the first on top, under two words of how gdb would call its own printf.
 */
static void do_printf(struct run *r)
{
    const char *format = (const char *)r->code + r->pc;
    size_t length = r->operand & 0xffff, n = r->operand >> 16;
    uint64_t arguments[GDB_AGENT_STACK];
    if (length == 0 || length > r->length - r->pc || format[length - 1] != '\0') {
        r->wrong = "a format without an end";
        return;
    }
    if (r->depth < 2 + n) {
        r->wrong = "stack underflow";
        return;
    }
    r->depth -= 2;
    for (size_t i = 0; i < n; i++)
        arguments[i] = pop(r);
    r->pc += length;
    r->effects = true;
    r->wrong = gdb_agent_print(r->agent, format, arguments, n);
}

/* ---- the table ---- */

static void do_float(struct run *r)
{
    r->wrong = "floating point";
}

static const struct {
    instruction *run;
    uint8_t operand; /* bytes */
    uint8_t takes, gives;
} instructions[] = {
    [0x01] = {do_float, 0, 0, 0},
    [0x02] = {do_add, 0, 2, 1},
    [0x03] = {do_sub, 0, 2, 1},
    [0x04] = {do_mul, 0, 2, 1},
    [0x05] = {do_div_signed, 0, 2, 1},
    [0x06] = {do_div_unsigned, 0, 2, 1},
    [0x07] = {do_rem_signed, 0, 2, 1},
    [0x08] = {do_rem_unsigned, 0, 2, 1},
    [0x09] = {do_lsh, 0, 2, 1},
    [0x0a] = {do_rsh_signed, 0, 2, 1},
    [0x0b] = {do_rsh_unsigned, 0, 2, 1},
    [0x0c] = {gdb_agent_trace_popped, 0, 2, 0},
    [0x0d] = {gdb_agent_trace_quick, 1, 1, 1},
    [0x0e] = {do_log_not, 0, 1, 1},
    [0x0f] = {do_and, 0, 2, 1},
    [0x10] = {do_or, 0, 2, 1},
    [0x11] = {do_xor, 0, 2, 1},
    [0x12] = {do_not, 0, 1, 1},
    [0x13] = {do_equal, 0, 2, 1},
    [0x14] = {do_less_signed, 0, 2, 1},
    [0x15] = {do_less_unsigned, 0, 2, 1},
    [0x16] = {do_ext, 1, 1, 1},
    [0x17] = {do_ref, 0, 1, 1},
    [0x18] = {do_ref, 0, 1, 1},
    [0x19] = {do_ref, 0, 1, 1},
    [0x1a] = {do_ref, 0, 1, 1},
    [0x1b] = {do_float, 0, 0, 0}, /* ref_float */
    [0x1c] = {do_float, 0, 0, 0}, /* ref_double */
    [0x1d] = {do_float, 0, 0, 0}, /* ref_long_double */
    [0x1e] = {do_float, 0, 0, 0}, /* l_to_d */
    [0x1f] = {do_float, 0, 0, 0}, /* d_to_l */
    [0x20] = {do_if_goto, 2, 1, 0},
    [0x21] = {do_goto, 2, 0, 0},
    [0x22] = {do_const, 1, 0, 1},
    [0x23] = {do_const, 2, 0, 1},
    [0x24] = {do_const, 4, 0, 1},
    [0x25] = {do_const, 8, 0, 1},
    [0x26] = {do_reg, 2, 0, 1},
    [0x27] = {do_end, 0, 0, 0},
    [0x28] = {do_pick, 0, 1, 2},
    [0x29] = {do_pop, 0, 1, 0},
    [0x2a] = {do_zero_ext, 1, 1, 1},
    [0x2b] = {do_swap, 0, 2, 2},
    [0x2c] = {gdb_agent_getv, 2, 0, 1},
    [0x2d] = {gdb_agent_setv, 2, 1, 1},
    [0x2e] = {gdb_agent_tracev, 2, 0, 0},
    [0x2f] = {gdb_agent_tracenz, 0, 2, 0},
    [0x30] = {gdb_agent_trace_quick, 2, 1, 1},
    [0x32] = {do_pick, 1, 1, 2},
    [0x33] = {do_rot, 0, 3, 3},
    [0x34] = {do_printf, 3, 2, 0},
};

/* ---- the interpreter ---- */

static void step(struct run *r)
{
    uint8_t opcode = r->opcode = r->code[r->pc++];
    if (opcode >= sizeof instructions / sizeof instructions[0] || !instructions[opcode].run) {
        r->wrong = "an unknown instruction";
        return;
    }
    unsigned bytes = instructions[opcode].operand, takes = instructions[opcode].takes;
    if (bytes > r->length - r->pc)
        r->wrong = "cut short";
    else if (r->depth < takes)
        r->wrong = "stack underflow";
    else if (r->depth - takes + instructions[opcode].gives > GDB_AGENT_STACK)
        r->wrong = "stack overflow";
    if (r->wrong)
        return;
    for (r->operand = 0; bytes; bytes--)
        r->operand = r->operand << 8 | r->code[r->pc++];
    instructions[opcode].run(r);
}

const char *gdb_agent_run(const struct gdb_agent *agent, struct gdb_agent_code code,
                          uint64_t *value, size_t *at)
{
    struct run r;
    r.agent = agent;
    r.code = code.bytes;
    r.length = code.length;
    r.pc = r.depth = 0;
    r.ended = r.effects = false;
    r.wrong = NULL;
    r.seen = 0;
    r.was = 0;
    r.again = 0;
    *at = 0;
    for (r.steps = 0; !r.ended && !r.wrong; r.steps++) {
        *at = r.pc;
        if (r.pc >= r.length)
            r.wrong = "no end";
        else if (r.steps == GDB_AGENT_STEPS)
            r.wrong = "it takes too long";
        else
            step(&r);
    }
    *value = r.ended && r.depth ? r.stack[r.depth - 1] : 0;
    return r.wrong;
}
