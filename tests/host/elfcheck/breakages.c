/* breakages.c: what can be wrong with a kernel, each on its own. */
#include "broken.h"

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
};
const size_t breakage_count = sizeof(breakages) / sizeof(breakages[0]);
