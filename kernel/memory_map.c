/* memory_map.c: arithmetic on ranges of physical memory. */
#include "memory_map.h"

#include "mm/layout.h"

#define FIRST_MIB 0x100000 /* firmware's, and where other CPUs will start */

static struct memory_range in_use[4];
static size_t in_use_count;

static uint64_t page_down(uint64_t address)
{
    return address & ~(uint64_t)(PAGE_SIZE - 1);
}

static uint64_t page_up(uint64_t address)
{
    return page_down(address + PAGE_SIZE - 1);
}

static void use(uint64_t start, uint64_t end)
{
    if (start < end)
        in_use[in_use_count++] = (struct memory_range){start, end, MEMORY_RESERVED};
}

void memory_map_init(const struct boot_info *boot)
{
    in_use_count = 0;
    use(0, FIRST_MIB);
    use(virtual_to_physical(__kernel_start), virtual_to_physical(__kernel_end));
    use(boot->initrd_start, boot->initrd_end);
}

/* Of a list's ranges that are usable, or that are not, the lowest that ends behind an address. */
static const struct memory_range *lowest(const struct memory_range *list, size_t n, bool usable,
                                         uint64_t address)
{
    const struct memory_range *best = NULL;

    for (size_t i = 0; i < n; i++) {
        if ((list[i].type == MEMORY_USABLE) != usable || list[i].end <= address)
            continue;
        if (best == NULL || list[i].start < best->start)
            best = &list[i];
    }
    return best;
}

/* End a range where the first obstacle begins, or start it behind one that covers its start. */
static void clip(struct memory_range *range, const struct memory_range *list, size_t n)
{
    const struct memory_range *obstacle = lowest(list, n, false, range->start);

    if (obstacle == NULL || obstacle->start >= range->end)
        return;
    if (page_down(obstacle->start) <= range->start)
        range->start = page_up(obstacle->end);
    else
        range->end = page_down(obstacle->start);
}

static bool next(const struct boot_info *boot, uint64_t from, bool only_free,
                 struct memory_range *out)
{
    const struct memory_range *ram;

    while ((ram = lowest(boot->memory, boot->memory_count, true, from)) != NULL) {
        uint64_t start = page_up(from > ram->start ? from : ram->start);

        *out = (struct memory_range){start, page_down(ram->end), MEMORY_USABLE};
        if (out->start >= out->end) {
            from = ram->end;
            continue;
        }
        clip(out, boot->memory, boot->memory_count);
        if (only_free)
            clip(out, in_use, in_use_count);
        if (out->start == start)
            return true;
        from = out->start;
    }
    return false;
}

bool memory_next_ram(const struct boot_info *boot, uint64_t from, struct memory_range *out)
{
    return next(boot, from, false, out);
}

bool memory_next_free(const struct boot_info *boot, uint64_t from, struct memory_range *out)
{
    return next(boot, from, true, out);
}

uint64_t memory_reserve(const struct boot_info *boot, uint64_t size, uint64_t limit)
{
    struct memory_range range = {0};

    while (memory_next_free(boot, range.end, &range) && range.start < limit) {
        uint64_t end = range.end < limit ? range.end : limit;

        if (end - range.start >= size) {
            use(range.start, range.start + size);
            return range.start;
        }
    }
    return 0;
}

uint64_t memory_top(const struct boot_info *boot)
{
    struct memory_range range = {0};
    uint64_t top = 0;

    while (memory_next_ram(boot, range.end, &range))
        top = range.end;
    return top;
}
