/*
 * regions.c: pages in a row.
 */
#include "regions.h"

#include "page_walk.h"

/* A client waits 2 s for a reply; this many take some milliseconds. */
#define PAGES_MAX 4096

static bool alike(const struct gdb_region *a, const struct gdb_region *b)
{
    return a->mapped == b->mapped && a->writable == b->writable && a->executable == b->executable;
}

bool region_at(uint64_t root, uint64_t address, struct gdb_region *region)
{
    struct walked_page page;

    if (!page_walk(root, address, &page))
        return false;
    *region = page.region;
    for (unsigned i = 1; i < PAGES_MAX && region->last != UINT64_MAX; i++) {
        if (!page_walk(root, region->last + 1, &page) || !alike(region, &page.region))
            break;
        region->last = page.region.last;
    }
    return true;
}
