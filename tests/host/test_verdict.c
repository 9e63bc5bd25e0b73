/*
 * test_verdict.c: what the processor says of a fault, and what that means: also what QEMU does not
 * raise, or our kernel does not run into (Intel SDM vol. 3, 4.7 and 6.15).
 */
#include "test.h"

#include "verdict.h"

#include <string.h>

enum { KERNEL = 0x08, USER = 0x23 };
enum { PRESENT = 1, WRITE = 2, RESERVED = 8, FETCH = 16 };

#define STACK 0xffffd00000010000ull

static const struct {
    const char *name;
    uint8_t vector;
    uint16_t cs;
    uint64_t error, cr2;
    bool executable, nowhere;
} rows[] = {
    {"null", 14, KERNEL, 0, 0x28, false, false},
    {"null-call", 14, KERNEL, FETCH, 0, false, false},
    {"user-address", 14, KERNEL, 0, 0x400000, false, false},
    {"user-address", 14, KERNEL, PRESENT | WRITE, 0x400000, false, false},
    {"user-code", 14, KERNEL, PRESENT | FETCH, 0x400000, true, false},
    {"not-mapped", 14, USER, 4, 0x400000, false, false},
    {"execute-nx", 14, USER, PRESENT | FETCH | 4, 0x400000, false, false},
    {"not-mapped", 14, KERNEL, WRITE, 0xffffc00000000000, false, false},
    {"wild-jump", 14, KERNEL, FETCH, 0xffffc00000000000, false, false},
    {"wild-jump", 13, KERNEL, 0, 0, false, true},
    {"write-to-code", 14, KERNEL, PRESENT | WRITE, 0xffffffff80100000, true, false},
    {"write-to-constant", 14, KERNEL, PRESENT | WRITE, 0xffffffff80300000, false, false},
    {"page-tables", 14, KERNEL, PRESENT | RESERVED, 0x28, false, false},
    {"not-mapped", 14, KERNEL, WRITE, STACK - 8, false, false},
    {"gate", 8, KERNEL, 0, 0, false, false},
    {"gate", 13, KERNEL, 0x402, 0, false, false},
    {"selector", 13, KERNEL, 0x1000, 0, false, false},
    {"protection", 13, KERNEL, 0, 0, false, false},
    {"no-code", 6, KERNEL, 0, 0, false, false},
    {"exception", 15, KERNEL, 0, 0, false, false},
    {"int-instruction", 14, KERNEL, FRAME_NO_ERROR, 0x28, false, false},
    {"int-instruction", 8, KERNEL, FRAME_NO_ERROR, 0, false, false},
    {"breakpoint", 3, KERNEL, 0, 0, false, false},
    {"debug-trap", 1, KERNEL, 0, 0, false, false},
    {"overflow", 4, KERNEL, 0, 0, false, false},
    {"bound", 5, KERNEL, 0, 0, false, false},
    {"machine-check", 18, KERNEL, 0, 0, false, false},
};

TEST(each_is_told_by_its_name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct fault fault = {.taken = true, .vector = rows[i].vector, .cs = rows[i].cs,
                                    .error = rows[i].error, .cr2 = rows[i].cr2, .rsp = STACK};
        const struct verdict_operands operands = {.poison = 0x6b, .nowhere = rows[i].nowhere};
        struct verdict v = verdict_of(&fault, NULL, &operands, rows[i].executable);

        CHECK(strcmp(v.name, rows[i].name) == 0, "row %zu: %s, not %s", i, v.name, rows[i].name);
    }
}

TEST(an_int_instruction_before_rip_has_raised_it_and_one_at_rip_has_not)
{
    const struct verdict_operands operands = {.poison = 0x6b};
    struct insn insn = {.class = INSN_INT, .address = 0x1000, .length = 2};
    struct fault fault = {.taken = true, .vector = 4, .cs = KERNEL, .rip = 0x1002, .rsp = STACK};

    CHECK(strcmp(verdict_of(&fault, &insn, &operands, false).name, "int-instruction") == 0);
    fault.vector = 3;
    CHECK(strcmp(verdict_of(&fault, &insn, &operands, false).name, "breakpoint") == 0);
    fault.vector = 11;
    fault.rip = insn.address;
    CHECK(strcmp(verdict_of(&fault, &insn, &operands, false).name, "gate") == 0);
}

TEST(a_stack_that_is_full_is_another_than_one_that_is_nowhere)
{
    static const struct {
        const char *name;
        uint8_t vector;
        uint32_t error;
        enum fault_stack stack;
    } stacks[] = {
        {"stack-guard", 14, WRITE, FAULT_STACK_FULL},
        {"stack-pointer", 14, WRITE, FAULT_STACK_UNMAPPED},
        {"write-to-constant", 14, WRITE | PRESENT, FAULT_STACK_CONSTANT},
        {"stack-overflow", 8, 0, FAULT_STACK_FULL},
        {"stack-pointer", 8, 0, FAULT_STACK_UNMAPPED},
        {"stack-pointer", 8, 0, FAULT_STACK_CONSTANT},
    };

    for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
        const struct fault fault = {.vector = stacks[i].vector, .error = stacks[i].error, .rsp = STACK,
                                    .cr2 = STACK - 8, .cs = KERNEL, .stack = stacks[i].stack};
        const struct verdict_operands operands = {0};
        struct verdict v = verdict_of(&fault, NULL, &operands, false);

        CHECK(strcmp(v.name, stacks[i].name) == 0, "row %zu: %s", i, v.name);
    }
}

TEST(free_memory_is_known_by_its_poison)
{
    const struct fault jump = {.vector = 13, .cs = KERNEL, .rip = 0x6b6b6b6b6b6b6b6b};
    const struct fault read = {.vector = 14, .cs = KERNEL, .cr2 = 0x6b6b6b6b6b6b6b6b + 0x400};
    struct verdict_operands operands = {.poison = 0x6b, .nowhere = true};

    CHECK(strcmp(verdict_of(&jump, NULL, &operands, false).name, "use-after-free") == 0);
    operands.nowhere = false;
    CHECK(strcmp(verdict_of(&read, NULL, &operands, false).name, "use-after-free") == 0);
    operands.poison = 0;
    CHECK(strcmp(verdict_of(&read, NULL, &operands, false).name, "user-address") == 0);
}
