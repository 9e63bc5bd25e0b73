/* demand.c: a page fault that is part of ordinary life. */
#include "demand.h"

#include <stdbool.h>
#include <string.h>

#include "cpu/instructions.h"
#include "cpu/trap.h"
#include "mm/paging.h"
#include "page_alloc.h"
#include "spinlock.h"

#define DEMAND_PAGES 0x4000 /* 64 MiB */

volatile uint64_t demand_pages_made;

void *demand_page(size_t n)
{
    return (void *)(DEMAND_MAP + n % DEMAND_PAGES * PAGE_SIZE);
}

static struct spinlock demand_lock = SPINLOCK("demand_lock");

/* True: there is a page now, or another CPU was faster. */
static bool map_page(uint64_t address)
{
    struct mapping at;

    if (paging_lookup(&kernel_space, address, &at))
        return true;

    uint64_t page = page_alloc(0);

    if (page == 0)
        return false;
    memset(physical_to_virtual(page), 0, PAGE_SIZE);
    if (!paging_map(&kernel_space, address, page, PAGE_SIZE, MAP_WRITE)) {
        page_free(page);
        return false;
    }
    demand_pages_made++;
    return true;
}

/* With interrupts off the lock may be held where the fault was: nobody touches such memory then. */
bool demand_resolve(const struct trap_frame *frame)
{
    uint64_t address = read_cr2() & ~(uint64_t)(PAGE_SIZE - 1);

    if (address - DEMAND_MAP >= DEMAND_PAGES * (uint64_t)PAGE_SIZE ||
        (frame->error & PF_PRESENT) || !(frame->rflags & RFLAGS_IF))
        return false;

    spin_lock(&demand_lock);

    bool made = map_page(address);

    spin_release(&demand_lock);
    return made;
}
