/*
 * paging.c: walking, filling and splitting page tables. Tables are reached through the direct map.
 */
#include "mm/paging.h"

#include <string.h>

#include "cpu/features.h"
#include "cpu/instructions.h"
#include "mm/page_entry.h"
#include "page_alloc.h"
#include "panic.h"

void (*paging_mapped)(const struct address_space *space, uint64_t address, uint64_t size);

static uint64_t rights_to_bits(unsigned rights)
{
    uint64_t bits = PAGE_PRESENT;

    if (rights & MAP_WRITE)
        bits |= PAGE_WRITE;
    if (rights & MAP_USER)
        bits |= PAGE_USER;
    if (rights & MAP_DEVICE)
        bits |= PAGE_UNCACHED;
    if (!(rights & MAP_EXECUTE) && cpu_features.nx)
        bits |= PAGE_NX;
    return bits;
}

/* Tables themselves allow everything: the rights are those of the page. */
static bool new_table(uint64_t *entry)
{
    uint64_t table = page_alloc(0);

    if (table == 0)
        return false;
    memset(physical_to_virtual(table), 0, PAGE_SIZE);
    *entry = table | PAGE_PRESENT | PAGE_WRITE | PAGE_USER;
    return true;
}

/*
 * Replace a large page by a table of 512 smaller ones that map the same: in one write, as other
 * processors use that memory meanwhile.
 */
static bool split(uint64_t *entry, unsigned level)
{
    uint64_t large = *entry, table;
    uint64_t bits = large & ~PAGE_ADDRESS;

    if (level == 1)
        bits &= ~PAGE_LARGE;
    if (!new_table(&table))
        return false;

    uint64_t *small = physical_to_virtual(table & PAGE_ADDRESS);

    for (uint64_t i = 0; i < ENTRIES; i++)
        small[i] = ((large & PAGE_ADDRESS) + i * level_size(level - 1)) | bits;
    __atomic_store_n(entry, table, __ATOMIC_RELEASE);
    return true;
}

/* The entry for address at a level, with the tables above it made as needed; NULL: no memory. */
static uint64_t *make_entry(struct address_space *space, uint64_t address, unsigned level)
{
    uint64_t table = space->root;

    for (unsigned at = LEVELS - 1; at > level; at--) {
        uint64_t *entry = entry_in(table, address, at);

        if (!(*entry & PAGE_PRESENT)) {
            if (!new_table(entry))
                return NULL;
        } else if (*entry & PAGE_LARGE) {
            if (!split(entry, at))
                return NULL;
        }
        table = *entry;
    }
    return entry_in(table, address, level);
}

static unsigned largest_level(uint64_t address, uint64_t physical, uint64_t size)
{
    unsigned level = cpu_features.pages_1g ? 2 : 1;

    while (level > 0 &&
           (((address | physical) & (level_size(level) - 1)) != 0 || size < level_size(level)))
        level--;
    return level;
}

bool paging_map(struct address_space *space, uint64_t address, uint64_t physical, uint64_t size,
                unsigned rights)
{
    uint64_t bits = rights_to_bits(rights);

    while (size > 0) {
        unsigned level = largest_level(address, physical, size);
        uint64_t *entry = make_entry(space, address, level);

        if (entry == NULL)
            return false;
        if (*entry & PAGE_PRESENT)
            panic("paging: %p is mapped already", (void *)address);
        *entry = physical | bits | (level > 0 ? PAGE_LARGE : 0);
        if (paging_mapped != NULL)
            paging_mapped(space, address, level_size(level));
        address += level_size(level);
        physical += level_size(level);
        size -= level_size(level);
    }
    return true;
}

/* The entry that ends the walk for address: a page, or the first that is not present. */
static uint64_t *find_entry(const struct address_space *space, uint64_t address, unsigned *level)
{
    uint64_t *entry = entry_in(space->root, address, LEVELS - 1);
    unsigned at = LEVELS - 1;

    while (at > 0 && (*entry & PAGE_PRESENT) && !(at < LEVELS - 1 && (*entry & PAGE_LARGE)))
        entry = entry_in(*entry, address, --at);
    *level = at;
    return entry;
}

void paging_unmap(struct address_space *space, uint64_t address, uint64_t size)
{
    uint64_t end = address + size;

    while (address != end) {
        unsigned level;
        uint64_t *entry = find_entry(space, address, &level);
        uint64_t offset = address & (level_size(level) - 1);
        uint64_t length = level_size(level) - offset;
        bool present = *entry & PAGE_PRESENT;

        if (present && (offset != 0 || end - address < length)) {
            if (!split(entry, level))
                panic("paging: no memory to split a page");
            continue;
        }
        if (present) {
            *entry = 0;
            invalidate_page(address);
        }
        address += end - address < length ? end - address : length;
    }
}

bool paging_protect_range(struct address_space *space, uint64_t address, uint64_t size,
                          unsigned rights)
{
    uint64_t end = address + size;

    while (address != end) {
        unsigned level;
        uint64_t *entry = find_entry(space, address, &level);
        uint64_t kept = PAGE_ADDRESS | PAGE_ACCESSED | PAGE_DIRTY | (level > 0 ? PAGE_LARGE : 0);

        if (!(*entry & PAGE_PRESENT))
            panic("paging: %p is not mapped", (void *)address);
        if ((address & (level_size(level) - 1)) != 0 || end - address < level_size(level)) {
            if (!split(entry, level))
                return false;
            continue;
        }
        *entry = (*entry & kept) | rights_to_bits(rights);
        invalidate_page(address);
        address += level_size(level);
    }
    return true;
}

bool paging_lookup(const struct address_space *space, uint64_t address, struct mapping *out)
{
    unsigned level;
    uint64_t entry = *find_entry(space, address, &level);
    uint64_t offset = address & (level_size(level) - 1);

    if ((int64_t)(address << 16) >> 16 != (int64_t)address || !(entry & PAGE_PRESENT))
        return false;
    out->physical = ((entry & PAGE_ADDRESS) & ~(level_size(level) - 1)) + offset;
    out->page_size = level_size(level);
    out->rights = bits_to_rights(entry);
    return true;
}

void paging_protect(struct address_space *space, uint64_t address, unsigned rights)
{
    unsigned level;
    uint64_t *entry = find_entry(space, address, &level);

    if (level > 0 || !(*entry & PAGE_PRESENT))
        panic("paging: no page of 4 KiB at %p", (void *)address);
    *entry = (*entry & PAGE_ADDRESS) | rights_to_bits(rights);
    invalidate_page(address);
}

bool paging_make_table(struct address_space *space, uint64_t address)
{
    return make_entry(space, address, LEVELS - 2) != NULL;
}
