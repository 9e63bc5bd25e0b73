/* page_walk.c: see page_walk.h. */
#include "page_walk.h"

#include "processor.h"
#include "safe_copy.h"
#include "state.h"

#define ENTRY_PRESENT  (1ull << 0)
#define ENTRY_WRITABLE (1ull << 1)
#define ENTRY_USER     (1ull << 2)
#define ENTRY_UNCACHED (1ull << 4) /* PCD */
#define ENTRY_LARGE    (1ull << 7)
#define ENTRY_NX       (1ull << 63)
#define ENTRY_ADDRESS  PAGE_WALK_ROOT
#define ALLOWED        (ENTRY_WRITABLE | ENTRY_USER)

#define PAGE_SHIFT  12
#define LARGE_SHIFT 30 /* of the largest page */
#define TABLE_SHIFT 9

uint64_t page_walk_place(uint64_t physical)
{
    return (uint64_t)debugger_settings.physical_memory(physical);
}

static bool read_entry(uint64_t place, uint64_t *entry)
{
    return place && safe_read(entry, place, sizeof(*entry)) == sizeof(*entry);
}

/* The addresses that the processor cannot form are one gap; the sign bit is the lowest of it. */
static void non_canonical(uint64_t sign, struct walked_page *page)
{
    *page = (struct walked_page){.region = {.start = sign, .last = ~sign}};
}

/* Writable, and ring 3's, is what every table allows; executable what none forbids. */
static void fill(struct walked_page *page, uint64_t address, uint64_t offset, uint64_t entry,
                 uint64_t rights)
{
    bool mapped = entry & ENTRY_PRESENT;

    *page = (struct walked_page){
        .region = {.start = address & ~offset,
                   .last = address | offset,
                   .mapped = mapped,
                   .writable = mapped && (rights & ENTRY_WRITABLE),
                   .executable = mapped && !(rights & ENTRY_NX)},
        .physical = entry & ENTRY_ADDRESS & ~offset,
        .uncached = entry & ENTRY_UNCACHED,
        .user = mapped && (rights & ENTRY_USER),
    };
}

bool page_walk(uint64_t root, uint64_t address, struct walked_page *page)
{
    unsigned shift = PAGE_SHIFT + TABLE_SHIFT * (read_cr4() & CR4_LA57 ? 4 : 3);
    uint64_t table = root & ENTRY_ADDRESS;
    uint64_t rights = ALLOWED, entry;

    if (!address_canonical(address)) {
        non_canonical(1ull << (shift + TABLE_SHIFT - 1), page);
        return true;
    }
    for (;; shift -= TABLE_SHIFT, table = entry & ENTRY_ADDRESS) {
        uint64_t index = address >> shift & ((1u << TABLE_SHIFT) - 1);
        uint64_t place = page_walk_place(table + index * sizeof(entry));

        if (!read_entry(place, &entry))
            return false;

        bool leaf = shift == PAGE_SHIFT || (shift <= LARGE_SHIFT && (entry & ENTRY_LARGE));

        rights = (rights & entry & ALLOWED) | ((rights | entry) & ENTRY_NX);
        fill(page, address, (1ull << shift) - 1, entry, rights);
        page->entry_at = place;
        if (leaf || !page->region.mapped)
            return true;
    }
}

bool page_walk_replace(const struct walked_page *page, uint64_t physical)
{
    uint64_t entry;

    if (!read_entry(page->entry_at, &entry))
        return false;
    entry = (entry & ~ENTRY_ADDRESS) | physical;
    return safe_write(page->entry_at, &entry, sizeof(entry)) == sizeof(entry);
}
