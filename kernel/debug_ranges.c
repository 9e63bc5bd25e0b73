/*
 * debug_ranges.c: the debugger knows its own parts, but not where else they are mapped, nor what of
 * the kernel lies between an exception and itself.
 */
#include "debug_ranges.h"

#include "cpu/features.h"
#include "debug.h"
#include "debug_line.h"
#include "mm/layout.h"

/* linker.ld */
extern const char __debugger_text_start[], __debugger_text_end[];
extern const char __debugger_rodata_start[], __debugger_rodata_end[];
extern const char __debugger_data_start[], __debugger_data_end[];
extern const char __debugger_bss_start[], __debugger_bss_end[];
extern const char __debugger_stack_start[], __debugger_stack_end[];
extern const char __ex_table_start[], __ex_table_end[];
extern const char __entry_start[], __entry_end[];

static struct debugger_range ranges[DEBUG_RANGES];
static size_t count;

static const struct descriptors_part own[DEBUG_OWN_PARTS] = {
    {__debugger_text_start, __debugger_text_end, "the debugger's own code"},
    {__debugger_rodata_start, __debugger_rodata_end, "the debugger's own constants"},
    {__debugger_data_start, __debugger_data_end, "the debugger's own memory"},
    {__debugger_bss_start, __debugger_bss_end, "the debugger's own memory"},
    {__debugger_stack_start, __debugger_stack_end, "the debugger's own stack"},
    {__ex_table_start, __ex_table_end, "the debugger's own constants"},
    {__entry_start, __entry_end, "the entry code of exceptions"},
    {ranges, ranges + DEBUG_RANGES, "the list of what is protected"},
    {&cpu_has_smap, &cpu_has_smap + 1, "read by the entry code of exceptions"},
};

/* The image once more: layout.h. */
static const uint64_t mapped_at[] = {DIRECT_MAP, 0};

/* Its .data, .bss and stack, and what its line works with. */
static bool changes(const struct descriptors_part *part)
{
    return part->start == __debugger_data_start || part->start == __debugger_bss_start ||
           part->start == __debugger_stack_start || part->start == debug_memory().start ||
           part->start == debug_line_memory().start;
}

static void add_at(uint64_t address, const struct descriptors_part *part)
{
    uint64_t size = (uint64_t)part->end - (uint64_t)part->start;

    ranges[count++] = (struct debugger_range){
        .start = address, .end = address + size, .name = part->name, .changes = changes(part)};
}

static void add(const struct descriptors_part *part)
{
    add_at((uint64_t)part->start, part);
    for (size_t i = 0; i < sizeof(mapped_at) / sizeof(mapped_at[0]); i++)
        add_at(mapped_at[i] + virtual_to_physical(part->start), part);
}

const struct debugger_range *debug_ranges(void)
{
    const struct descriptors_part given[DEBUG_HOOK_PARTS] = {debug_line_memory(), debug_memory()};

    count = 0;
    for (size_t i = 0; i < DEBUG_HOOK_PARTS; i++)
        add(&given[i]);
    for (size_t i = 0; i < DEBUG_OWN_PARTS; i++)
        add(&own[i]);
    for (size_t i = 0; i < DESCRIPTORS_PARTS; i++)
        add(&descriptors_parts[i]);
    return ranges;
}
