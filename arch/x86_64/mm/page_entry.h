/* page_entry.h: the bits of a page table's entry (Intel SDM vol. 3, 4.5). Private to this room. */
#ifndef KERNEL_PAGE_ENTRY_H
#define KERNEL_PAGE_ENTRY_H

#include "mm/paging.h"

/* A set PAGE_LARGE means a page at levels 1 and 2, and PAT at level 0. */
#define PAGE_PRESENT  (1ull << 0)
#define PAGE_WRITE    (1ull << 1)
#define PAGE_USER     (1ull << 2)
#define PAGE_UNCACHED (3ull << 3) /* PWT and PCD: entry 3 of the PAT, "UC" after reset */
#define PAGE_ACCESSED (1ull << 5)
#define PAGE_DIRTY    (1ull << 6)
#define PAGE_LARGE    (1ull << 7)
#define PAGE_NX       (1ull << 63)
#define PAGE_ADDRESS  0x000ffffffffff000ull

#define ENTRIES            512
#define LEVELS             4
#define LEVEL_SHIFT(level) (PAGE_SHIFT + 9 * (level)) /* level 0 maps 4 KiB, 1 2 MiB, 2 1 GiB */

static inline uint64_t level_size(unsigned level)
{
    return 1ull << LEVEL_SHIFT(level);
}

static inline uint64_t *entry_in(uint64_t table, uint64_t address, unsigned level)
{
    uint64_t *entries = physical_to_virtual(table & PAGE_ADDRESS);

    return &entries[address >> LEVEL_SHIFT(level) & (ENTRIES - 1)];
}

static inline unsigned bits_to_rights(uint64_t bits)
{
    return (bits & PAGE_WRITE ? MAP_WRITE : 0) | (bits & PAGE_USER ? MAP_USER : 0) |
           (bits & PAGE_UNCACHED ? MAP_DEVICE : 0) | (bits & PAGE_NX ? 0 : MAP_EXECUTE);
}

#endif
