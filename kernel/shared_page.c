/*
 * shared_page.c: a count for each page frame. They lie in pages of their own, made when the first
 * frame of theirs is shared: there may be terabytes of memory, and few programs.
 */
#include "shared_page.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "mm/layout.h"
#include "page_alloc.h"
#include "panic.h"
#include "spinlock.h"

/* Counts the frames from first on; a list, in no order, as it is short. */
struct part {
    struct part *next;
    uint64_t first;
    uint32_t counts[];
};
#define COUNTS ((PAGE_SIZE - sizeof(struct part)) / sizeof(uint32_t))

static struct part *parts;
static struct spinlock shared_page_lock = SPINLOCK("shared_page_lock");

/* A debugger may ask with any processor stopped anywhere: no lock, and no breakpoint in here. */
#define ENTRY __attribute__((section(".text.entry")))

/* The list grows at its head, by parts that are complete. */
ENTRY static uint32_t *count_of(uint64_t page)
{
    uint64_t frame = page >> PAGE_SHIFT;
    struct part *part = __atomic_load_n(&parts, __ATOMIC_ACQUIRE);

    while (part != NULL && part->first != frame / COUNTS * COUNTS)
        part = part->next;
    return part != NULL ? &part->counts[frame % COUNTS] : NULL;
}

static bool add_part(uint64_t frame)
{
    uint64_t page = page_alloc(0);
    struct part *part = physical_to_virtual(page);

    if (page == 0)
        return false;
    memset(part, 0, PAGE_SIZE);
    part->first = frame / COUNTS * COUNTS;
    part->next = parts;
    __atomic_store_n(&parts, part, __ATOMIC_RELEASE);
    return true;
}

void shared_page_init(void)
{
    parts = NULL;
}

/* The count of a page that is to be shared; NULL: no memory. */
static uint32_t *new_count(uint64_t page)
{
    uint32_t *count = count_of(page);

    return count != NULL || !add_part(page >> PAGE_SHIFT) ? count : count_of(page);
}

uint64_t shared_page_alloc(void)
{
    uint64_t page = page_alloc(0);

    if (page == 0)
        return 0;

    bool enabled = spin_lock(&shared_page_lock);
    uint32_t *count = new_count(page);

    if (count != NULL)
        *count = 1;
    spin_unlock(&shared_page_lock, enabled);
    if (count == NULL) {
        page_free(page);
        return 0;
    }
    memset(physical_to_virtual(page), 0, PAGE_SIZE);
    return page;
}

/* Change a count; returns what it is then. */
static uint32_t add(uint64_t page, int change)
{
    uint32_t *count = count_of(page);

    if (count == NULL || *count == 0)
        panic("shared_page: nobody holds 0x%lx", page);
    return __atomic_add_fetch(count, (uint32_t)change, __ATOMIC_ACQ_REL);
}

void shared_page_hold(uint64_t page)
{
    add(page, 1);
}

bool shared_page_try_hold(uint64_t page)
{
    uint32_t *count = count_of(page);
    uint32_t holders = count != NULL ? __atomic_load_n(count, __ATOMIC_ACQUIRE) : 0;

    while (holders != 0 && !__atomic_compare_exchange_n(count, &holders, holders + 1, false,
                                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        ;
    return holders != 0;
}

void shared_page_drop(uint64_t page)
{
    if (add(page, -1) == 0)
        page_free(page);
}

unsigned shared_page_holders(uint64_t page)
{
    return add(page, 0);
}

ENTRY unsigned shared_page_peek(uint64_t page)
{
    const uint32_t *count = count_of(page);

    return count != NULL ? *count : 0;
}

ENTRY void shared_page_leave(uint64_t page)
{
    __atomic_sub_fetch(count_of(page), 1, __ATOMIC_ACQ_REL);
}
