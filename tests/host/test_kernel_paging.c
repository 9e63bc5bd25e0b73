/* test_kernel_paging.c: page tables against a model that knows one page at a time. */
#include "kernel_host.h"
#include "test.h"

#include "cpu/features.h"
#include "cpu/instructions.h"
#include "mm/paging.h"
#include "page_alloc.h"

#include <string.h>

#define KIB_4 0x1000ull
#define MIB_2 0x200000ull
#define GIB_1 0x40000000ull
#define BASE  0xffff800000000000ull

struct address_space kernel_space; /* kernel_map.c's, which is too much for a host */

static struct address_space new_space(void)
{
    host_boot();

    struct address_space space = {.root = page_alloc(0)};

    memset(physical_to_virtual(space.root), 0, PAGE_SIZE);
    return space;
}

TEST(paging_takes_the_largest_pages_that_fit)
{
    struct address_space space = new_space();
    struct mapping m;

    CHECK(paging_map(&space, BASE + GIB_1 - MIB_2 - KIB_4, GIB_1 - MIB_2 - KIB_4,
                     GIB_1 + MIB_2 + 2 * KIB_4, MAP_WRITE));
    CHECK(paging_lookup(&space, BASE + GIB_1 - MIB_2 - 1, &m) && m.page_size == KIB_4);
    CHECK(paging_lookup(&space, BASE + GIB_1 - 1, &m) && m.page_size == MIB_2);
    CHECK(paging_lookup(&space, BASE + 2 * GIB_1 - 5, &m) && m.page_size == GIB_1);
    CHECK(m.physical == 2 * GIB_1 - 5 && m.rights == MAP_WRITE);
    CHECK(paging_lookup(&space, BASE + 2 * GIB_1, &m) && m.page_size == KIB_4);
    CHECK(!paging_lookup(&space, BASE + 2 * GIB_1 + KIB_4, &m));
    CHECK(!paging_lookup(&space, BASE + GIB_1 - MIB_2 - KIB_4 - 1, &m));

    cpu_features.pages_1g = false;
    CHECK(paging_map(&space, BASE + 4 * GIB_1, 0, GIB_1, MAP_READ));
    cpu_features.pages_1g = true;
    CHECK(paging_lookup(&space, BASE + 5 * GIB_1 - 1, &m) && m.page_size == MIB_2);
}

TEST(paging_rights_arrive)
{
    struct address_space space = new_space();
    struct mapping m;

    for (unsigned rights = 0; rights < 16; rights++) {
        uint64_t address = BASE + rights * MIB_2;

        CHECK(paging_map(&space, address, rights * KIB_4, KIB_4, rights));
        CHECK(paging_lookup(&space, address, &m) && m.rights == rights && m.page_size == KIB_4);
    }
}

TEST(paging_non_canonical_is_nowhere)
{
    struct address_space space = new_space();
    struct mapping m;

    CHECK(paging_map(&space, BASE, 0, MIB_2, MAP_READ));
    CHECK(!paging_lookup(&space, 0x0000800000000000, &m));
    CHECK(!paging_lookup(&space, 0x7fff800000000000, &m));
}

TEST(paging_refuses_to_map_twice)
{
    struct address_space space = new_space();

    CHECK(paging_map(&space, BASE + KIB_4, 0, KIB_4, MAP_READ));
    CHECK_PANIC(paging_map(&space, BASE, 0, 4 * KIB_4, MAP_READ));
}

/* Of 1 GiB + 4 MiB, pieces go away at random; what is left still leads where it led. */
TEST(paging_unmap_splits_what_it_must)
{
    static bool mapped[1024];
    const uint64_t start = BASE + GIB_1 - MIB_2, length = sizeof(mapped) * KIB_4;
    struct address_space space = new_space();
    struct mapping m;

    memset(mapped, true, sizeof(mapped));
    CHECK(paging_map(&space, start, GIB_1 - MIB_2, GIB_1 + 2 * MIB_2, MAP_WRITE));
    for (unsigned turn = 0; turn < 100; turn++) {
        unsigned first = host_random(1000), n = 1 + host_random(20);

        paging_unmap(&space, start + first * KIB_4, n * KIB_4);
        memset(mapped + first, false, n);
    }
    for (unsigned i = 0; i < 1024; i++) {
        CHECK(paging_lookup(&space, start + i * KIB_4 + 3, &m) == mapped[i], "page %u", i);
        CHECK(!mapped[i] || (m.physical == GIB_1 - MIB_2 + i * KIB_4 + 3 && m.rights == MAP_WRITE));
    }
    CHECK(paging_lookup(&space, start + length, &m) && m.page_size == MIB_2);
    CHECK(paging_lookup(&space, BASE + 2 * GIB_1, &m) && m.physical == 2 * GIB_1);
    CHECK(host_invalidated > 0);
    paging_unmap(&space, BASE, 8 * GIB_1);
    CHECK(!paging_lookup(&space, BASE + 2 * GIB_1, &m) && !paging_lookup(&space, start, &m));
}

/* Bit 7 says "page" in the upper tables, and in the lowest it chooses a memory type (SDM, 4.9.2).
 */
TEST(paging_a_split_page_keeps_its_memory_type)
{
    struct address_space space = new_space();
    uint64_t entry = space.root;

    CHECK(paging_map(&space, BASE, 0, MIB_2, MAP_WRITE));
    paging_unmap(&space, BASE, KIB_4);
    for (int level = 3; level >= 0; level--) {
        const uint64_t *table = physical_to_virtual(entry & 0x000ffffffffff000);

        entry = table[(BASE + KIB_4) >> (12 + 9 * level) & 511];
        CHECK((entry & 1 << 7) == 0, "level %d: 0x%lx", level, entry);
    }
    CHECK((entry & 0x000ffffffffff000) == KIB_4);
}

TEST(paging_unmap_reaches_the_top_of_memory)
{
    struct address_space space = new_space();
    struct mapping m;

    CHECK(paging_map(&space, 0 - MIB_2, 0, MIB_2, MAP_READ));
    paging_unmap(&space, 0 - KIB_4, KIB_4);
    CHECK(!paging_lookup(&space, 0 - KIB_4, &m) && paging_lookup(&space, 0 - 2 * KIB_4, &m));
}

TEST(paging_without_memory_says_so)
{
    struct address_space space = new_space();

    while (page_alloc(0) != 0)
        ;
    CHECK(!paging_map(&space, BASE, 0, KIB_4, MAP_READ));
}
