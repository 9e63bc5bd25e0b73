/* test_kernel_address_space.c: programs' memory: who holds which page, and that all of it comes back. */
#include "kernel_host.h"
#include "test.h"

#include "mm/address_space.h"
#include "page_alloc.h"
#include "shared_page.h"

#include <string.h>

#define TEXT  0x400000ull
#define STACK (USER_HIGH - PAGE_SIZE)

static struct address_space new_space(void)
{
    struct address_space space;

    CHECK(address_space_create(&space));
    return space;
}

static void start(void)
{
    host_boot();
    shared_page_init();
    kernel_space.root = page_alloc(0);
    memset(physical_to_virtual(kernel_space.root), 0, PAGE_SIZE);
    address_space_init();
}

static uint64_t put(struct address_space *space, uint64_t address, unsigned rights)
{
    uint64_t page = shared_page_alloc();

    CHECK(page != 0 && address_space_put(space, address, page, rights));
    return page;
}

static struct mapping at(const struct address_space *space, uint64_t address)
{
    struct mapping m = {0};

    CHECK(paging_lookup(space, address, &m), "%#lx is not mapped", (unsigned long)address);
    return m;
}

TEST(spaces_share_the_kernels_half_also_what_comes_later)
{
    start();

    struct address_space space = new_space();
    uint64_t page = page_alloc(0);

    CHECK(paging_map(&kernel_space, 0xffffe00000000000, page, PAGE_SIZE, MAP_WRITE));
    CHECK(at(&space, 0xffffe00000000000).physical == page);
    CHECK(put(&space, TEXT, MAP_EXECUTE) != 0);

    struct mapping m;
    CHECK(!paging_lookup(&kernel_space, TEXT, &m));
}

TEST(a_space_gives_back_all_that_it_took)
{
    size_t before = 0;

    start();
    for (unsigned round = 0; round < 4; round++) { /* the first one makes the counts */
        struct address_space space = new_space();

        for (uint64_t i = 0; i < 1000; i++)
            put(&space, TEXT + host_random(1 << 20) * (uint64_t)PAGE_SIZE * 511, MAP_WRITE);
        put(&space, STACK, MAP_WRITE);
        address_space_destroy(&space);
        CHECK(round < 2 || page_count_free() == before);
        before = page_count_free();
    }
}

TEST(a_copy_holds_the_same_pages_and_neither_may_write)
{
    start();

    struct address_space parent = new_space(), child = new_space();
    uint64_t text = put(&parent, TEXT, MAP_EXECUTE), stack = put(&parent, STACK, MAP_WRITE);
    size_t before = page_count_free();

    CHECK(address_space_copy(&child, &parent));
    CHECK(address_space_pages(&child) == 2 && address_space_pages(&parent) == 2);
    CHECK(at(&child, TEXT).physical == text && at(&child, TEXT).rights == (MAP_EXECUTE | MAP_USER));
    CHECK(at(&child, STACK).physical == stack && at(&child, STACK).rights == MAP_USER);
    CHECK(at(&parent, STACK).physical == stack && at(&parent, STACK).rights == MAP_USER);
    CHECK(shared_page_holders(text) == 2 && shared_page_holders(stack) == 2);

    put(&child, STACK, MAP_WRITE); /* what a write of the child's makes */
    CHECK(at(&child, STACK).physical != stack && shared_page_holders(stack) == 1);
    CHECK(at(&parent, STACK).physical == stack);
    address_space_destroy(&child);
    CHECK(shared_page_holders(text) == 1);
    CHECK(page_count_free() == before + 1); /* the child's top table: before it was made */
}

TEST(a_copy_without_memory_can_be_destroyed)
{
    start();

    struct address_space parent = new_space();

    for (uint64_t i = 0; i < 8; i++)
        put(&parent, TEXT + (i << 30), MAP_WRITE);

    struct address_space child = new_space();
    size_t before = page_count_free();
    uint64_t taken = 0;

    for (uint64_t page; (page = page_alloc(0)) != 0; taken = page)
        *(uint64_t *)physical_to_virtual(page) = taken;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t page = taken;

        taken = *(uint64_t *)physical_to_virtual(page);
        page_free(page);
    }
    CHECK(!address_space_copy(&child, &parent));
    address_space_destroy(&child);
    for (uint64_t next; taken != 0; taken = next) {
        next = *(uint64_t *)physical_to_virtual(taken);
        page_free(taken);
    }
    CHECK(page_count_free() == before + 1);
    CHECK(address_space_pages(&parent) == 8);
}

TEST(a_page_that_nobody_holds_is_noticed)
{
    start();

    uint64_t page = shared_page_alloc();

    shared_page_drop(page);
    CHECK_PANIC(shared_page_drop(page));
    CHECK_PANIC(shared_page_hold(page));
}
