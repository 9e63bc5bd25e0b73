/* breakages.c: what can be wrong with a kernel, each on its own. */
#define _GNU_SOURCE
#include "broken.h"

#include <dwarf.h>
#include <string.h>

#include "decode.h"

static Elf64_Phdr *segment_with(const struct image *image, uint32_t flags)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)image->bytes;
    Elf64_Phdr *segments = (Elf64_Phdr *)(image->bytes + header->e_phoff);

    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_LOAD && (segments[i].p_flags & flags) == flags)
            return &segments[i];
    }
    give_up("there is no such segment");
}

static void writable_text(const struct subject *whole, struct image *image)
{
    (void)whole;
    segment_with(image, PF_X)->p_flags |= PF_W;
}

static void executable_data(const struct subject *whole, struct image *image)
{
    (void)whole;
    segment_with(image, PF_W)->p_flags |= PF_X;
}

static void shared_page(const struct subject *whole, struct image *image)
{
    (void)whole;
    segment_with(image, PF_W)->p_vaddr -= 0x1000;
}

/* The exception table's entries are two words, each relative to itself. */
static int32_t *table_entry(const struct image *image, size_t n)
{
    return (int32_t *)image_at(image, image_address(image, "__ex_table_start") + 8 * n, 8);
}

static void entries_swapped(const struct subject *whole, struct image *image)
{
    int32_t *first = table_entry(image, 0), *second = table_entry(image, 1), before = first[0];

    (void)whole;
    first[0] = second[0] + 8;
    second[0] = before - 8;
}

static void entry_within_instruction(const struct subject *whole, struct image *image)
{
    (void)whole;
    table_entry(image, 0)[0]++;
}

static void fixup_in_data(const struct subject *whole, struct image *image)
{
    (void)whole;
    table_entry(image, 0)[1] = 0;
}

/* DW_LNE_set_address is 0, a length of 9, 2 and the address: the first one of code. */
static void line_within_instruction(const struct subject *whole, struct image *image)
{
    static const uint8_t set_address[] = {0, 9, 2};
    size_t size;
    uint8_t *lines = image_section(image, ".debug_line", &size);

    for (size_t i = 0; i + 11 <= size; i++) {
        uint64_t address;

        memcpy(&address, lines + i + 3, sizeof(address));
        if (memcmp(lines + i, set_address, 3) != 0 ||
            dwarf_unwinder_at(&whole->dwarf, address) == NULL)
            continue;
        address++;
        memcpy(lines + i + 3, &address, sizeof(address));
        return;
    }
}

static void other_push(const struct subject *whole, struct image *image)
{
    struct instruction in;

    (void)whole;
    *find_instruction(image, "trap_entry", ZYDIS_MNEMONIC_PUSH, 1, &in) ^= 1; /* rbx: rdx */
}

static void other_pop(const struct subject *whole, struct image *image)
{
    struct instruction in;

    (void)whole;
    find_instruction(image, "trap_entry", ZYDIS_MNEMONIC_POP, 1, &in)[1] ^= 1; /* r14: r15 */
}

static void vector_pushes_nothing(const struct subject *whole, struct image *image)
{
    (void)whole;
    memset(image_at(image, image_address(image, "vector_3"), 2), 0x90, 2);
}

static void frame_left_too_low(const struct subject *whole, struct image *image)
{
    struct instruction in;
    uint8_t *add = find_instruction(image, "trap_entry", ZYDIS_MNEMONIC_ADD, 0, &in);

    (void)whole;
    add[in.is.length - 1] -= 8;
}

/* The first DW_CFA_def_cfa_offset of trap_entry: its FDE's instructions follow 24 bytes. */
static void other_cfa_offset(const struct subject *whole, struct image *image)
{
    const struct unwinder *unwinder =
        dwarf_unwinder_at(&whole->dwarf, image_address(image, "trap_entry"));
    size_t size;
    uint8_t *fde = image_section(image, ".debug_frame", &size) + unwinder->offset;
    uint8_t *operation = memchr(fde + 24, DW_CFA_def_cfa_offset, 16);

    operation[1] += 8;
}

static void text_replaced(struct image *image, const char *text, size_t at, char by)
{
    size_t size;
    uint8_t *strings = image_section(image, ".debug_str", &size);
    uint8_t *found = memmem(strings, size, text, strlen(text) + 1);

    if (found != NULL)
        found[at] = (uint8_t)by;
}

static void other_macro(const struct subject *whole, struct image *image)
{
    (void)whole;
    text_replaced(image, "FRAME_RIP 136", 12, '4');
}

static void no_io_map(const struct subject *whole, struct image *image)
{
    (void)whole;
    text_replaced(image, "io_map", 4, 'o');
}

static void other_row(const struct subject *whole, struct image *image)
{
    const struct type *home = structure_named(&whole->types, "register_home");
    const struct member *offset = member_named(&whole->types, home, "offset");

    image_at(image, image_address(image, "register_homes") + 2 * home->size + offset->offset,
             2)[0] += 8;
}

static void other_number(const struct subject *whole, struct image *image)
{
    struct instruction in;

    (void)whole;
    find_instruction(image, "vector_14", ZYDIS_MNEMONIC_PUSH, 1, &in)[1]++;
}

static void other_recovery(const struct subject *whole, struct image *image)
{
    struct instruction in;

    (void)whole;
    find_instruction(image, "recovery_mark", ZYDIS_MNEMONIC_MOV, 1, &in)[3] += 8;
}

static void other_flag(const struct subject *whole, struct image *image)
{
    struct instruction in;

    (void)whole;
    find_instruction(image, "hand_over_entry", ZYDIS_MNEMONIC_TEST, 0, &in)[3]++;
}

/* Pushed and popped alike: the thread itself sees no difference. */
static void other_switch_frame(const struct subject *whole, struct image *image)
{
    struct instruction in;

    (void)whole;
    *find_instruction(image, "thread_switch", ZYDIS_MNEMONIC_PUSH, 0, &in) = 0x53; /* rbx */
    *find_instruction(image, "thread_switch", ZYDIS_MNEMONIC_PUSH, 1, &in) = 0x55; /* rbp */
    *find_instruction(image, "thread_switch", ZYDIS_MNEMONIC_POP, 4, &in) = 0x5d;
    *find_instruction(image, "thread_switch", ZYDIS_MNEMONIC_POP, 5, &in) = 0x5b;
}

const struct breakage breakages[] = {
    {"elf text is writable", "segments", "writable and executable", writable_text},
    {"elf data is executable", "segments", "writable and executable", executable_data},
    {"elf data begins in the constants' page", "segments", "share the page", shared_page},
    {"elf guards out of order", "exception table", "out of order", entries_swapped},
    {"elf guard of half an instruction", "exception table", "no instruction that can fault",
     entry_within_instruction},
    {"elf fixup in the table itself", "exception table", "is no instruction", fixup_in_data},
    {"elf line within an instruction", "lines", "begins within an instruction",
     line_within_instruction},
    {"elf macro for assembly that is wrong", "layout", "FRAME_RIP is 134", other_macro},
    {"elf task state segment without its map", "layout", "no io_map", no_io_map},
    {"elf row of another register", "layout", "register rcx is at", other_row},
    {"elf vector that says another number", "layout", "pushes the number", other_number},
    {"elf recovery point mixed up", "layout", "of struct recovery_point", other_recovery},
    {"elf flag within a member", "layout", "125 is no member", other_flag},
    {"elf trap frame mixed up", "layout", "rbx of struct trap_frame is rdx", other_push},
    {"elf switch frame mixed up", "layout", "of struct switch_frame is", other_switch_frame},
    {"elf entry pushes another register", "unwind", "the caller's rbx is not where", other_push},
    {"elf entry pops another register", "unwind", "the caller's r1", other_pop},
    {"elf vector without its error code", "unwind", "the CFA is", vector_pushes_nothing},
    {"elf entry leaves at the wrong word", "unwind", "the CFA is", frame_left_too_low},
    {"elf CFI with another offset", "unwind", "the CFA is", other_cfa_offset},
};
const size_t breakage_count = sizeof(breakages) / sizeof(breakages[0]);
