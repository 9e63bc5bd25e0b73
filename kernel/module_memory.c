/* module_memory.c: page by page, so that no module needs memory in one piece. */
#include "module_memory.h"

#include "mm/paging.h"
#include "page_alloc.h"

bool module_memory_make(uint64_t address, uint64_t size)
{
    for (uint64_t at = address; at < address + size; at += PAGE_SIZE) {
        uint64_t page = page_alloc(0);

        if (page == 0 || !paging_map(&kernel_space, at, page, PAGE_SIZE, MAP_WRITE)) {
            if (page != 0)
                page_free(page);
            module_memory_free(address, at - address);
            return false;
        }
    }
    return true;
}

/* In the direct map a page is never executable; it is writable only if it is so in the module. */
static bool protect_page(uint64_t address, unsigned rights)
{
    struct mapping mapping;

    return paging_lookup(&kernel_space, address, &mapping) &&
           paging_protect_range(&kernel_space, (uint64_t)physical_to_virtual(mapping.physical),
                                PAGE_SIZE, rights & MAP_WRITE) &&
           paging_protect_range(&kernel_space, address, PAGE_SIZE, rights);
}

bool module_memory_protect(uint64_t address, uint64_t size, unsigned rights)
{
    for (uint64_t at = address; at < address + size; at += PAGE_SIZE)
        if (!protect_page(at, rights))
            return false;
    return true;
}

/* The direct map is writable again before the page is anybody else's. */
void module_memory_free(uint64_t address, uint64_t size)
{
    for (uint64_t at = address; at < address + size; at += PAGE_SIZE) {
        struct mapping mapping;

        if (!paging_lookup(&kernel_space, at, &mapping))
            continue;
        paging_unmap(&kernel_space, at, PAGE_SIZE);
        paging_protect_range(&kernel_space, (uint64_t)physical_to_virtual(mapping.physical),
                             PAGE_SIZE, MAP_WRITE);
        page_free(mapping.physical);
    }
}
