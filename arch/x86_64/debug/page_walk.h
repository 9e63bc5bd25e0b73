/*
 * page_walk.h: where page tables lead to (Intel SDM vol. 3, 4.5), without trusting any of them.
 */
#ifndef TRAPLINE_PAGE_WALK_H
#define TRAPLINE_PAGE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "target.h"

#define PAGE_WALK_ROOT 0x000ffffffffff000ull /* of CR3: the top table; else flags, or a PCID */

/* A page of any size, or the hole around an address that the lowest table there does not map. */
struct walked_page {
    struct gdb_region region;
    uint64_t physical; /* of region.start, if that is mapped */
    uint64_t entry_at; /* where the last table's entry can be reached */
    bool uncached;     /* as a device's registers are */
    bool user;         /* ring 3's as well */
};

/* False: a table cannot be read. root may be anything at all. */
bool page_walk(uint64_t root, uint64_t address, struct walked_page *page);

/* Another page of 4 KiB in its place, with the same rights. */
bool page_walk_replace(const struct walked_page *page, uint64_t physical);

/* A physical address as the embedder's mapping of it; 0: it has none. */
uint64_t page_walk_place(uint64_t physical);

#endif
