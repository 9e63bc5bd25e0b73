/* module_memory.c: page by page, so that no module needs memory in one piece. */
#include "module_memory.h"

#include "cpu/instructions.h"
#include "mm/paging.h"
#include "page_alloc.h"
#include "smp.h"

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

/*
 * Another CPU may remember that the page is not writable: the number that is written there keeps to
 * this one.
 */
static void take_out(uint64_t address, uint64_t *chain)
{
    bool enabled = interrupts_save();
    struct mapping mapping;

    if (paging_lookup(&kernel_space, address, &mapping)) {
        uint64_t *page = physical_to_virtual(mapping.physical);

        paging_unmap(&kernel_space, address, PAGE_SIZE);
        paging_protect_range(&kernel_space, (uint64_t)page, PAGE_SIZE, MAP_WRITE);
        *page = *chain;
        *chain = mapping.physical;
    }
    interrupts_restore(enabled);
}

/*
 * The pages wait in a chain until no CPU sees them any more. If one does not answer (it may be held
 * by a debugger), they are lost rather than used for something else.
 */
void module_memory_free(uint64_t address, uint64_t size)
{
    uint64_t chain = 0;

    for (uint64_t at = address; at < address + size; at += PAGE_SIZE)
        take_out(at, &chain);
    if (chain == 0 || !smp_flush())
        return;
    while (chain != 0) {
        uint64_t page = chain;

        chain = *(uint64_t *)physical_to_virtual(page);
        page_free(page);
    }
}
