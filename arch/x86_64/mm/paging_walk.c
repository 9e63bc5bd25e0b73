/* paging_walk.c: a half of an address space as a whole: all its pages, all its tables. */
#include "mm/paging.h"

#include "mm/page_entry.h"
#include "page_alloc.h"

struct walk {
    uint64_t end;
    paging_visitor visit;
    void *context;
};

static bool visit_page(const struct walk *walk, uint64_t address, uint64_t entry, unsigned level)
{
    const struct mapping page = {
        .physical = entry & PAGE_ADDRESS & ~(level_size(level) - 1),
        .page_size = level_size(level),
        .rights = bits_to_rights(entry),
    };

    return walk->visit(walk->context, address, &page);
}

static bool walk_table(const struct walk *walk, uint64_t table, uint64_t base, unsigned level)
{
    for (uint64_t i = 0; i < ENTRIES; i++) {
        uint64_t address = base + i * level_size(level);
        uint64_t entry = *entry_in(table, address, level);

        if (address >= walk->end)
            break;
        if (!(entry & PAGE_PRESENT))
            continue;
        if (level > 0 && !(entry & PAGE_LARGE)) {
            if (!walk_table(walk, entry, address, level - 1))
                return false;
        } else if (!visit_page(walk, address, entry, level)) {
            return false;
        }
    }
    return true;
}

bool paging_walk(const struct address_space *space, uint64_t end, paging_visitor visit,
                 void *context)
{
    const struct walk walk = {end, visit, context};

    return walk_table(&walk, space->root, 0, LEVELS - 1);
}

static void free_tables(uint64_t table, uint64_t base, unsigned level, uint64_t end)
{
    for (uint64_t i = 0; i < ENTRIES; i++) {
        uint64_t address = base + i * level_size(level);
        uint64_t *entry = entry_in(table, address, level);

        if (address >= end)
            break;
        if (!(*entry & PAGE_PRESENT) || (*entry & PAGE_LARGE))
            continue;
        if (level > 1)
            free_tables(*entry, address, level - 1, end);
        page_free(*entry & PAGE_ADDRESS);
        *entry = 0;
    }
}

void paging_free_tables(struct address_space *space, uint64_t end)
{
    free_tables(space->root, 0, LEVELS - 1, end);
}
