/* address_space.c: what of a program's memory is page tables. */
#include "mm/address_space.h"

#include <string.h>

#include "page_alloc.h"
#include "panic.h"
#include "shared_page.h"

#define ENTRIES     512
#define USER_TABLES (ENTRIES / 2) /* entries of the top table that are the lower half */

static uint64_t *top_table(const struct address_space *space)
{
    return physical_to_virtual(space->root);
}

void address_space_init(void)
{
    for (uint64_t i = USER_TABLES; i < ENTRIES; i++) {
        if (!paging_make_table(&kernel_space, UINT64_MAX << 48 | i << 39))
            panic("memory: no room for the kernel's half of all page tables");
    }
}

bool address_space_create(struct address_space *space)
{
    space->root = page_alloc(0);
    if (space->root == 0)
        return false;
    memset(top_table(space), 0, PAGE_SIZE / 2);
    memcpy(top_table(space) + USER_TABLES, top_table(&kernel_space) + USER_TABLES, PAGE_SIZE / 2);
    return true;
}

static bool drop(void *context, uint64_t address, const struct mapping *page)
{
    (void)context;
    (void)address;
    shared_page_drop(page->physical);
    return true;
}

void address_space_destroy(struct address_space *space)
{
    paging_walk(space, USER_HIGH, drop, NULL);
    paging_free_tables(space, USER_HIGH);
    page_free(space->root);
    space->root = 0;
}

struct copy {
    struct address_space *child, *parent;
};

static bool share(void *context, uint64_t address, const struct mapping *page)
{
    struct copy *copy = context;
    unsigned rights = page->rights & ~(unsigned)MAP_WRITE;

    if (!paging_map(copy->child, address, page->physical, PAGE_SIZE, rights))
        return false;
    shared_page_hold(page->physical);
    if (page->rights & MAP_WRITE)
        paging_protect(copy->parent, address, rights);
    return true;
}

bool address_space_copy(struct address_space *child, struct address_space *parent)
{
    struct copy copy = {child, parent};

    return paging_walk(parent, USER_HIGH, share, &copy);
}

bool address_space_put(struct address_space *space, uint64_t address, uint64_t page,
                       unsigned rights)
{
    struct mapping old;

    if (paging_lookup(space, address, &old)) {
        paging_unmap(space, address, PAGE_SIZE);
        shared_page_drop(old.physical);
    }
    return paging_map(space, address, page, PAGE_SIZE, rights | MAP_USER);
}

static bool count(void *context, uint64_t address, const struct mapping *page)
{
    (void)address;
    (void)page;
    ++*(size_t *)context;
    return true;
}

size_t address_space_pages(const struct address_space *space)
{
    size_t pages = 0;

    paging_walk(space, USER_HIGH, count, &pages);
    return pages;
}
