/* memory.c: the order in which memory management starts itself up. */
#include "memory.h"

#include "memory_map.h"
#include "mm/paging.h"
#include "page_alloc.h"
#include "printk.h"

#define KIB(bytes) ((bytes) >> 10)

static void print_map(const struct boot_info *boot)
{
    struct memory_range range = {0};

    while (memory_next_ram(boot, range.end, &range))
        printk("memory: 0x%09lx-0x%09lx %8lu KiB\n", range.start, range.end - 1,
               KIB(range.end - range.start));
    if (boot->memory_lost != 0)
        printk("memory: %zu ranges of the map did not fit and are ignored\n", boot->memory_lost);
    if (boot->initrd_end > boot->initrd_start)
        printk("initrd: 0x%09lx-0x%09lx %8lu KiB\n", boot->initrd_start, boot->initrd_end - 1,
               KIB(boot->initrd_end - boot->initrd_start));
}

/*
 * The tables of boot.S reach the first 4 GiB. So the allocator starts with those, they pay for the
 * kernel's page tables, and only then is the rest mapped and can be handed out.
 */
void memory_init(const struct boot_info *boot)
{
    print_map(boot);
    memory_map_init(boot);
    page_alloc_init(boot, BOOT_MAP_SIZE);
    kernel_map_init(boot);
    page_alloc_add(boot, BOOT_MAP_SIZE, UINT64_MAX);
    printk("memory: %zu KiB managed, %zu KiB free\n", page_count() * (PAGE_SIZE / 1024),
           page_count_free() * (PAGE_SIZE / 1024));
}
