/*
 * regions.c: a walk through the page tables (Intel SDM vol. 3, 4.5) that trusts none of them.
 */
#include "regions.h"

#include "processor.h"
#include "safe_copy.h"

#define ENTRY_PRESENT  (1ull << 0)
#define ENTRY_WRITABLE (1ull << 1)
#define ENTRY_LARGE    (1ull << 7)
#define ENTRY_NX       (1ull << 63)
#define ENTRY_ADDRESS  0x000ffffffffff000ull

#define PAGE_SHIFT  12
#define LARGE_SHIFT 30 /* of the largest page */
#define TABLE_SHIFT 9

/* A client waits 2 s for a reply; this many take some milliseconds. */
#define PAGES_MAX 4096

static bool read_entry(uint64_t table, uint64_t index, uint64_t *entry)
{
    const void *place = debugger_settings.physical_memory(table + index * sizeof(*entry));

    return safe_read(entry, (uint64_t)place, sizeof(*entry)) == sizeof(*entry);
}

/* The addresses that the processor cannot form are one gap; the sign bit is the lowest of it. */
static void non_canonical(uint64_t sign, struct gdb_region *region)
{
    *region = (struct gdb_region){.start = sign, .last = ~sign};
}

/* The page at an address, or what the lowest table that is there does not map around it. */
static bool page_at(const struct debugger_cpu *cpu, uint64_t address, struct gdb_region *page)
{
    unsigned shift = PAGE_SHIFT + TABLE_SHIFT * (cpu->system[SYSTEM_CR4] & CR4_LA57 ? 4 : 3);
    uint64_t table = cpu->system[SYSTEM_CR3] & ENTRY_ADDRESS;
    uint64_t rights = ENTRY_WRITABLE, entry;

    if (!address_canonical(address)) {
        non_canonical(1ull << (shift + TABLE_SHIFT - 1), page);
        return true;
    }
    for (;; shift -= TABLE_SHIFT, table = entry & ENTRY_ADDRESS) {
        if (!read_entry(table, address >> shift & ((1u << TABLE_SHIFT) - 1), &entry))
            return false;

        uint64_t offset = (1ull << shift) - 1;
        bool leaf = shift == PAGE_SHIFT || (shift <= LARGE_SHIFT && (entry & ENTRY_LARGE));

        /* Writable is what every table allows; executable what none forbids. */
        rights = (rights & entry & ENTRY_WRITABLE) | ((rights | entry) & ENTRY_NX);
        *page = (struct gdb_region){
            .start = address & ~offset,
            .last = address | offset,
            .mapped = entry & ENTRY_PRESENT,
            .writable = (entry & ENTRY_PRESENT) && (rights & ENTRY_WRITABLE),
            .executable = (entry & ENTRY_PRESENT) && !(rights & ENTRY_NX),
        };
        if (leaf || !page->mapped)
            return true;
    }
}

static bool alike(const struct gdb_region *a, const struct gdb_region *b)
{
    return a->mapped == b->mapped && a->writable == b->writable && a->executable == b->executable;
}

bool region_at(const struct debugger_cpu *cpu, uint64_t address, struct gdb_region *region)
{
    struct gdb_region next;

    if (!page_at(cpu, address, region))
        return false;
    for (unsigned i = 1; i < PAGES_MAX && region->last != UINT64_MAX; i++) {
        if (!page_at(cpu, region->last + 1, &next) || !alike(region, &next))
            break;
        region->last = next.last;
    }
    return true;
}
