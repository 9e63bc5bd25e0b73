/*
 * page_alloc.c: a buddy allocator. One byte a page frame says what starts there; free blocks are
 * linked through their own first bytes, which the direct map shows.
 */
#include "page_alloc.h"

#include <stdbool.h>
#include <string.h>

#include "memory_map.h"
#include "mm/layout.h"
#include "panic.h"
#include "spinlock.h"

/* States of a frame: the first of a block also holds the block's order in the low bits. */
enum {
    FRAME_INSIDE = 0, /* of a block, or no memory at all */
    FRAME_FREE = 0x40,
    FRAME_USED = 0x80,
    FRAME_NEW = 0x20, /* together with FRAME_FREE: nobody was given any of it since boot */
    FRAME_ORDER = 0x1f,
};

struct free_block {
    struct free_block *next, *previous;
};

_Static_assert(PAGE_ORDER_MAX <= FRAME_ORDER, "an order has to fit into its bits");

static struct free_block free_blocks[PAGE_ORDER_MAX + 1]; /* circular, these are the heads */
static uint8_t *frames;
static uint64_t frame_count;
static size_t managed, available; /* pages */
static struct spinlock pages_lock = SPINLOCK("pages_lock"); /* for all of these */

static uint64_t block_size(unsigned order)
{
    return (uint64_t)PAGE_SIZE << order;
}

static uint8_t *frame_of(uint64_t physical)
{
    return &frames[physical >> PAGE_SHIFT];
}

static void push(uint64_t block, unsigned order, uint8_t new)
{
    struct free_block *head = &free_blocks[order];
    struct free_block *node = physical_to_virtual(block);

    *node = (struct free_block){.next = head->next, .previous = head};
    head->next->previous = node;
    head->next = node;
    *frame_of(block) = FRAME_FREE | new | order;
    available += 1ul << order;
}

/* FRAME_NEW if it was, 0 if not. */
static uint8_t take(uint64_t block, unsigned order)
{
    struct free_block *node = physical_to_virtual(block);
    uint8_t new = *frame_of(block) & FRAME_NEW;

    node->next->previous = node->previous;
    node->previous->next = node->next;
    *frame_of(block) = FRAME_INSIDE;
    available -= 1ul << order;
    return new;
}

/* Join a block with its buddy as long as that is free as a whole. */
static void release(uint64_t block, unsigned order, uint8_t new)
{
    for (; order < PAGE_ORDER_MAX; order++) {
        uint64_t buddy = block ^ block_size(order);

        if (buddy >> PAGE_SHIFT >= frame_count ||
            (*frame_of(buddy) & ~FRAME_NEW) != (FRAME_FREE | order))
            break;
        new &= take(buddy, order);
        block &= ~block_size(order);
    }
    push(block, order, new);
}

static uint64_t allocate(unsigned order)
{
    unsigned from = order;

    while (from <= PAGE_ORDER_MAX && free_blocks[from].next == &free_blocks[from])
        from++;
    if (from > PAGE_ORDER_MAX)
        return 0;

    uint64_t block = virtual_to_physical(free_blocks[from].next);
    uint8_t new = take(block, from);

    while (from > order) {
        from--;
        push(block + block_size(from), from, new);
    }
    *frame_of(block) = FRAME_USED | order;
    return block;
}

uint64_t page_alloc(unsigned order)
{
    bool enabled = spin_lock(&pages_lock);
    uint64_t block = allocate(order);

    spin_unlock(&pages_lock, enabled);
    return block;
}

/* What an allocated block's byte says does not change: no lock. */
int page_order(uint64_t block)
{
    if (block & (PAGE_SIZE - 1) || block >> PAGE_SHIFT >= frame_count)
        return -1;

    uint8_t state = *frame_of(block);

    return state & FRAME_USED ? state & FRAME_ORDER : -1;
}

void page_free(uint64_t block)
{
    int order = page_order(block);

    if (order < 0)
        panic("page_free: no allocated block starts at 0x%lx", block);

    bool enabled = spin_lock(&pages_lock);

    *frame_of(block) = FRAME_INSIDE;
    release(block, order, 0);
    spin_unlock(&pages_lock, enabled);
}

/* The largest aligned blocks that a range is made of. */
static void add_range(uint64_t start, uint64_t end)
{
    managed += (end - start) >> PAGE_SHIFT;
    while (start < end) {
        unsigned order = PAGE_ORDER_MAX;

        while (start & (block_size(order) - 1) || end - start < block_size(order))
            order--;
        release(start, order, FRAME_NEW);
        start += block_size(order);
    }
}

void page_alloc_add(const struct boot_info *boot, uint64_t from, uint64_t to)
{
    struct memory_range range = {.end = from};

    while (memory_next_free(boot, range.end, &range) && range.start < to)
        add_range(range.start, range.end < to ? range.end : to);
}

void page_alloc_init(const struct boot_info *boot, uint64_t limit)
{
    for (unsigned order = 0; order <= PAGE_ORDER_MAX; order++)
        free_blocks[order].next = free_blocks[order].previous = &free_blocks[order];

    frame_count = memory_top(boot) >> PAGE_SHIFT;

    uint64_t table = memory_reserve(boot, frame_count, limit);

    if (table == 0)
        panic("memory: nothing usable in the map that came by %s", boot->protocol);
    frames = physical_to_virtual(table);
    memset(frames, FRAME_INSIDE, frame_count);
    page_alloc_add(boot, 0, limit);
}

uint64_t page_unused(uint64_t physical)
{
    if (physical >> PAGE_SHIFT >= frame_count)
        return 0;
    for (unsigned order = 1; order <= PAGE_ORDER_MAX; order++) {
        uint64_t block = physical & ~(block_size(order) - 1);

        if (*frame_of(block) == (FRAME_FREE | FRAME_NEW | order))
            return physical - block >= PAGE_SIZE ? block + block_size(order) : 0;
    }
    return 0;
}

size_t page_count(void)
{
    return managed;
}

size_t page_count_free(void)
{
    return available;
}
