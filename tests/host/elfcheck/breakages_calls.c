/* breakages_calls.c: a debugger that reaches out of itself. */
#include <stdio.h>
#include <string.h>

#include "broken.h"

/* A call of the debugger's own now goes to the kernel. */
static void call_of_kernel(const struct subject *whole, struct image *image)
{
    struct instruction in;
    uint8_t *call = find_instruction(image, "gdb_receive", ZYDIS_MNEMONIC_CALL, 0, &in);
    int32_t distance = (int32_t)(image_address(image, "kernel_main") - in.next);

    (void)whole;
    memcpy(call + 1, &distance, sizeof(distance));
}

/* A table of the debugger's functions gets one of the kernel's. */
static void table_of_kernel(const struct subject *whole, struct image *image)
{
    struct range table = image_range(image, "__debugger_rodata");
    struct range text = image_range(image, "__debugger_text");
    uint64_t other = image_address(image, "kernel_main"), word;

    (void)whole;
    for (uint64_t at = table.start; image_word(image, at, &word); at += 8) {
        if (in_range(text, word)) {
            memcpy(image_at(image, at, 8), &other, 8);
            return;
        }
    }
}

/* jmp *debugger_settings+n(%rip), through a word that is no hook. */
static void call_of_no_hook(const struct subject *whole, struct image *image)
{
    const struct type *config = structure_named(&whole->types, "debugger_config");
    const struct member *no_hook = member_named(&whole->types, config, "exec_file");
    struct instruction in;
    uint8_t *jump;
    int32_t distance;

    for (unsigned n = 0;; n++) {
        jump = find_instruction(image, "machine_reset", ZYDIS_MNEMONIC_JMP, n, &in);
        if (in.operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY)
            break;
    }
    distance = (int32_t)(image_address(image, "debugger_settings") + no_hook->offset - in.next);
    memcpy(jump + in.is.length - 4, &distance, sizeof(distance));
}

static void data_of_kernel(const struct subject *whole, struct image *image)
{
    struct instruction in;
    uint8_t *compare = find_instruction(image, "machine_reset", ZYDIS_MNEMONIC_CMP, 0, &in);
    int32_t distance = (int32_t)(image_address(image, "demo_counter") - in.next);

    (void)whole;
    memcpy(compare + 3, &distance, sizeof(distance));
}

/* xorps %xmm0, %xmm0 */
static void floating_point(const struct subject *whole, struct image *image)
{
    struct instruction in;
    uint8_t *move = find_instruction(image, "gdb_receive", ZYDIS_MNEMONIC_MOV, 0, &in);

    for (unsigned n = 1; in.is.length != 3; n++)
        move = find_instruction(image, "gdb_receive", ZYDIS_MNEMONIC_MOV, n, &in);
    (void)whole;
    memcpy(move, (const uint8_t[]){0x0f, 0x57, 0xc0}, 3);
}

/* The kernel's own handler comes first. */
static void entry_calls_kernel(const struct subject *whole, struct image *image)
{
    struct instruction in;
    uint8_t *call = find_instruction(image, "trap_entry", ZYDIS_MNEMONIC_CALL, 0, &in);
    int32_t distance = (int32_t)(image_address(image, "trap_handle_exception") - in.next);

    (void)whole;
    memcpy(call + 1, &distance, sizeof(distance));
}

/* It takes the way of interrupts that can have breakpoints. */
static void other_way(struct image *image, const char *vector)
{
    struct instruction in;
    uint8_t *jump = find_instruction(image, vector, ZYDIS_MNEMONIC_JMP, 0, &in);
    int32_t distance = (int32_t)(image_address(image, "interrupt_entry") - in.next);

    if (in.is.length == 2)
        give_up("%s is too close to its entry code", vector);
    memcpy(jump + 1, &distance, sizeof(distance));
}

static void exception_by_other_way(const struct subject *whole, struct image *image)
{
    (void)whole;
    other_way(image, "vector_3");
}

static void line_by_other_way(const struct subject *whole, struct image *image)
{
    char vector[24];
    uint64_t number;

    if (!constant_named(&whole->types, "VECTOR_SERIAL", &number))
        give_up("there is no VECTOR_SERIAL");
    snprintf(vector, sizeof(vector), "vector_%u", (unsigned)number);
    other_way(image, vector);
}

const struct breakage call_breakages[] = {
    {"elf debugger calls the kernel", "calls", "which is not the debugger's", call_of_kernel},
    {"elf debugger's table has a function of the kernel's", "calls",
     "is the address of kernel_main", table_of_kernel},
    {"elf debugger calls what is no hook", "calls", "no member's and no argument",
     call_of_no_hook},
    {"elf debugger reads the kernel's data", "calls", "takes the address of demo_counter",
     data_of_kernel},
    {"elf debugger uses floating point", "calls", "touches the floating point", floating_point},
    {"elf entry calls the kernel first", "entry", "there may be a breakpoint", entry_calls_kernel},
    {"elf exception by the way of interrupts", "entry", "there may be a breakpoint",
     exception_by_other_way},
    {"elf line's interrupt by the way of others", "entry", "there may be a breakpoint",
     line_by_other_way},
};
const size_t call_breakage_count = sizeof(call_breakages) / sizeof(call_breakages[0]);
