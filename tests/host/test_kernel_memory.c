/* test_kernel_memory.c: the memory map, the page allocator and kmalloc. */
#include "kernel_host.h"
#include "test.h"

#include "kmalloc.h"
#include "memory_map.h"
#include "mm/layout.h"
#include "page_alloc.h"

#include <string.h>

#define BLOCKS 2000
#define TURNS  100000

/* What memory_next_ram() or memory_next_free() goes through, as text would be too easy to misread.
 */
static void expect_ranges(const struct boot_info *boot, bool free, const uint64_t (*ranges)[2],
                          size_t n)
{
    struct memory_range range = {0};
    size_t i = 0;

    while (free ? memory_next_free(boot, range.end, &range)
                : memory_next_ram(boot, range.end, &range)) {
        CHECK(i < n, "0x%lx-0x%lx is too much", range.start, range.end);
        CHECK(range.start == ranges[i][0] && range.end == ranges[i][1], "0x%lx-0x%lx", range.start,
              range.end);
        i++;
    }
    CHECK(i == n, "only %zu ranges", i);
}

TEST(memory_map_unsorted_overlapping_and_unaligned)
{
    static struct boot_info boot;

    boot = (struct boot_info){.initrd_start = 0x800010, .initrd_end = 0x801020};
    boot_add_memory(&boot, 0x100000, 0xf00000, MEMORY_USABLE);
    boot_add_memory(&boot, 0, 0x9fc00, MEMORY_USABLE);
    boot_add_memory(&boot, 0xfe0000, 0x100000, MEMORY_RESERVED); /* wins over usable */
    boot_add_memory(&boot, 0x100000, 0x80000, MEMORY_USABLE);    /* said twice */
    boot_add_memory(&boot, 0xa00100, 0x100, MEMORY_BAD);
    boot_add_memory(&boot, 0xfff, 2, MEMORY_USABLE);
    boot_add_memory(&boot, 0x1800001, 0xffe, MEMORY_USABLE);       /* no whole page */
    boot_add_memory(&boot, UINT64_MAX - 1, 0x1000, MEMORY_USABLE); /* wraps */
    CHECK(boot.memory_count == 7);
    memory_map_init(&boot);

    static const uint64_t ram[][2] = {{0, 0x9f000}, {0x100000, 0xa00000}, {0xa01000, 0xfe0000}};
    static const uint64_t free[][2] = {
        {0x1a0000, 0x800000}, {0x802000, 0xa00000}, {0xa01000, 0xfe0000}};

    expect_ranges(&boot, false, ram, 3);
    expect_ranges(&boot, true, free, 3);
    CHECK(memory_top(&boot) == 0xfe0000);
}

TEST(memory_map_reserves_below_a_limit)
{
    static struct boot_info boot;
    struct memory_range range = {0};

    boot = (struct boot_info){0};
    boot_add_memory(&boot, 0x100000, 0x200000, MEMORY_USABLE);
    memory_map_init(&boot);
    CHECK(memory_reserve(&boot, 0x10000, 0x1a0000) == 0, "the kernel is there");
    CHECK(memory_reserve(&boot, 0x10000, 0x1b0000) == 0x1a0000);
    CHECK(memory_next_free(&boot, 0, &range) && range.start == 0x1b0000);
    CHECK(memory_reserve(&boot, 0x200000, UINT64_MAX) == 0);
}

TEST(page_alloc_without_memory_panics)
{
    static const struct boot_info boot = {.protocol = "test"};

    memory_map_init(&boot);
    CHECK_PANIC(page_alloc_init(&boot, BOOT_MAP_SIZE));
}

/* Each page of a block says whose it is. */
static void mark(uint64_t block, unsigned order, uint64_t owner)
{
    for (uint64_t page = block; page < block + ((uint64_t)PAGE_SIZE << order); page += PAGE_SIZE)
        *(uint64_t *)physical_to_virtual(page) = owner;
}

static void check_marks(uint64_t block, unsigned order, uint64_t owner)
{
    for (uint64_t page = block; page < block + ((uint64_t)PAGE_SIZE << order); page += PAGE_SIZE)
        CHECK(*(uint64_t *)physical_to_virtual(page) == owner, "page 0x%lx", page);
}

TEST(page_alloc_blocks_never_overlap_and_all_come_back)
{
    static uint64_t blocks[BLOCKS];
    static unsigned orders[BLOCKS];

    host_boot();
    memset(blocks, 0, sizeof(blocks));

    size_t all = page_count_free();

    CHECK(all == page_count() && all > 0);
    for (unsigned turn = 0; turn < TURNS; turn++) {
        unsigned i = host_random(BLOCKS);

        if (blocks[i] != 0) {
            check_marks(blocks[i], orders[i], i);
            CHECK(page_order(blocks[i]) == (int)orders[i]);
            page_free(blocks[i]);
            blocks[i] = 0;
            continue;
        }
        orders[i] = host_random(5);
        blocks[i] = page_alloc(orders[i]);
        CHECK(blocks[i] % ((uint64_t)PAGE_SIZE << orders[i]) == 0);
        CHECK(blocks[i] == 0 || blocks[i] >= 0x1a0000, "0x%lx is in use", blocks[i]);
        if (blocks[i] != 0)
            mark(blocks[i], orders[i], i);
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        if (blocks[i] != 0)
            page_free(blocks[i]);
    CHECK(page_count_free() == all);
    CHECK(page_alloc(12) != 0, "16 MiB in one piece again");
}

/* Of every page one says the truth: nothing that was ever given, and much of what was not. */
TEST(page_unused_is_what_nobody_was_given)
{
    static bool given[HOST_MEMORY / PAGE_SIZE];
    static uint64_t blocks[BLOCKS / 10];
    size_t unused = 0;

    host_boot();
    memset(given, 0, sizeof(given));
    memset(blocks, 0, sizeof(blocks));
    for (unsigned turn = 0; turn < TURNS / 10; turn++) {
        unsigned i = host_random(BLOCKS / 10), order = host_random(4);

        if (blocks[i] != 0) {
            page_free(blocks[i]);
            blocks[i] = 0;
            continue;
        }
        blocks[i] = page_alloc(order);
        CHECK(blocks[i] != 0);
        memset(&given[blocks[i] / PAGE_SIZE], true, 1ul << order);
    }
    for (uint64_t page = 0; page < HOST_MEMORY / PAGE_SIZE; page++) {
        uint64_t end = page_unused(page * PAGE_SIZE + 8) / PAGE_SIZE;

        CHECK(end == 0 || (end > page && end <= HOST_MEMORY / PAGE_SIZE), "0x%lx, 0x%lx", page, end);
        for (uint64_t i = page; i < end; i++)
            CHECK(!given[i], "page 0x%lx of 0x%lx-0x%lx", i, page, end);
        unused += end != 0;
    }
    CHECK(unused > HOST_MEMORY / PAGE_SIZE / 2, "%zu", unused);
    CHECK(page_unused(HOST_MEMORY) == 0 && page_unused(UINT64_MAX) == 0);
}

TEST(page_free_of_what_is_not_a_block_panics)
{
    host_boot();

    uint64_t block = page_alloc(3);

    CHECK_PANIC(page_free(block + PAGE_SIZE));
    CHECK_PANIC(page_free(block + 1));
    CHECK_PANIC(page_free(0));
    CHECK_PANIC(page_free(1ull << 40));
    page_free(block);
    CHECK_PANIC(page_free(block));

    uint64_t pair = page_alloc(1);

    page_free(pair);
    CHECK(page_alloc(0) == pair && page_alloc(0) == pair + PAGE_SIZE);
    page_free(pair);
    page_free(pair + PAGE_SIZE);
    CHECK_PANIC(page_free(pair + PAGE_SIZE)); /* joined with its lower half */
}

TEST(kmalloc_keeps_what_was_written)
{
    static uint8_t *memory[BLOCKS];
    static size_t sizes[BLOCKS];

    host_boot();
    memset(memory, 0, sizeof(memory));

    size_t pages = page_count_free();

    for (unsigned turn = 0; turn < TURNS; turn++) {
        unsigned i = host_random(BLOCKS), kind = host_random(3);
        size_t size = 1 + host_random(host_random(20) == 0 ? 20000 : 300);

        for (size_t j = 0; memory[i] != NULL && j < sizes[i]; j++)
            CHECK(memory[i][j] == (uint8_t)i);
        if (memory[i] != NULL && kind == 0) {
            kfree(memory[i]);
            memory[i] = NULL;
            continue;
        }
        size_t kept = memory[i] == NULL ? 0 : sizes[i] < size ? sizes[i] : size;

        memory[i] = krealloc(memory[i], size);
        CHECK(memory[i] != NULL && (uintptr_t)memory[i] % 16 == 0);
        for (size_t j = 0; j < kept; j++)
            CHECK(memory[i][j] == (uint8_t)i);
        memset(memory[i], (int)i, size);
        sizes[i] = size;
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        kfree(memory[i]);
    CHECK(page_count_free() == pages);
}

TEST(kmalloc_sizes_that_cannot_be)
{
    host_boot();
    CHECK(kmalloc(0) == NULL && kmalloc(SIZE_MAX) == NULL && kmalloc(HOST_MEMORY) == NULL);
    CHECK(kcalloc(SIZE_MAX / 2, 3) == NULL);

    uint8_t *zeroed = kcalloc(10, 30);

    for (unsigned i = 0; i < 300; i++)
        CHECK(zeroed[i] == 0);
    CHECK(krealloc(zeroed, SIZE_MAX) == NULL && zeroed[0] == 0);
    kfree(zeroed);
    kfree(NULL);
}

TEST(kmalloc_finds_its_callers_bugs)
{
    host_boot();

    uint8_t *small = kmalloc(40), *neighbour = kmalloc(40), *large = kmalloc(100000);

    CHECK_PANIC(kfree(neighbour + 16));
    kfree(small);
    CHECK_PANIC(kfree(small));
    small[8] = 1;
    CHECK_PANIC(kmalloc(40));
    CHECK(strstr(host_panic_text, "after it was freed") != NULL, "%s", host_panic_text);
    memset(large, 0, 100000);
    CHECK_PANIC(kfree(large + 64));
    kfree(large);
    CHECK_PANIC(kfree(large));
}
