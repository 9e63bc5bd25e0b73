/*
 * kmalloc.c: pages cut into objects of one size. What is free is written down in a bitmap at the
 * start of the page, not in the objects: nothing that is done to freed memory can lead us astray.
 */
#include "kmalloc.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "mm/layout.h"
#include "page_alloc.h"
#include "panic.h"
#include "spinlock.h"

#define SMALLEST     16 /* doubled from bin to bin */
#define BINS         8
#define LARGEST      (SMALLEST << (BINS - 1)) /* 2048 */
#define BITMAP_WORDS (PAGE_SIZE / SMALLEST / 64)
#define SLAB_MAGIC   0x736c6162

/* At the start of each page of small objects; so no small object is page aligned. */
struct slab {
    uint32_t magic;
    uint16_t object_size;
    uint16_t free_count;
    struct slab *next, *previous; /* among those of the bin with something free */
    uint64_t free[BITMAP_WORDS];  /* bit n: object n is free */
};

static struct slab *partial[BINS];
static struct spinlock slabs_lock = SPINLOCK("slabs_lock"); /* for all slabs */

static size_t objects_start(size_t object_size)
{
    return (sizeof(struct slab) + object_size - 1) / object_size;
}

static unsigned bin_of(size_t size)
{
    unsigned bin = 0;

    while (((size_t)SMALLEST << bin) < size)
        bin++;
    return bin;
}

static unsigned order_of(size_t size)
{
    unsigned order = 0;

    while (((size_t)PAGE_SIZE << order) < size)
        order++;
    return order;
}

static void poison(void *memory, size_t size)
{
    memset(memory, KMALLOC_POISON, size);
}

static void check_poison(const void *memory, size_t size)
{
    const uint64_t expected = KMALLOC_POISON * 0x0101010101010101ull;
    const uint64_t *words = memory;

    for (size_t i = 0; i < size / sizeof(*words); i++)
        if (words[i] != expected)
            panic("kmalloc: %p was written to after it was freed", (const void *)&words[i]);
}

static void link_slab(struct slab *slab)
{
    struct slab **head = &partial[bin_of(slab->object_size)];

    slab->next = *head;
    slab->previous = NULL;
    if (*head != NULL)
        (*head)->previous = slab;
    *head = slab;
}

static void unlink_slab(struct slab *slab)
{
    if (slab->next != NULL)
        slab->next->previous = slab->previous;
    if (slab->previous != NULL)
        slab->previous->next = slab->next;
    else
        partial[bin_of(slab->object_size)] = slab->next;
}

static struct slab *new_slab(unsigned bin)
{
    uint64_t page = page_alloc(0);

    if (page == 0)
        return NULL;

    struct slab *slab = physical_to_virtual(page);
    size_t size = (size_t)SMALLEST << bin;

    poison(slab, PAGE_SIZE);
    *slab = (struct slab){.magic = SLAB_MAGIC, .object_size = size};
    for (size_t i = objects_start(size); i < PAGE_SIZE / size; i++) {
        slab->free[i / 64] |= 1ull << i % 64;
        slab->free_count++;
    }
    link_slab(slab);
    return slab;
}

static void *take_object(struct slab *slab)
{
    size_t word = 0;

    while (slab->free[word] == 0)
        word++;

    size_t index = word * 64 + __builtin_ctzll(slab->free[word]);
    void *object = (uint8_t *)slab + index * slab->object_size;

    slab->free[word] &= slab->free[word] - 1;
    if (--slab->free_count == 0)
        unlink_slab(slab);
    return object;
}

/* The slab of a small object; panics if it is none. */
static struct slab *slab_of(void *memory)
{
    struct slab *slab = (struct slab *)((uint64_t)memory & ~(uint64_t)(PAGE_SIZE - 1));
    size_t offset = (uint64_t)memory & (PAGE_SIZE - 1);

    if (slab->magic != SLAB_MAGIC || offset % slab->object_size != 0 ||
        offset / slab->object_size < objects_start(slab->object_size))
        panic("kfree: %p did not come from kmalloc, or is free already", memory);
    return slab;
}

/* False: it is free already. */
static bool free_object(struct slab *slab, void *memory)
{
    size_t index = ((uint64_t)memory & (PAGE_SIZE - 1)) / slab->object_size;
    size_t all = PAGE_SIZE / slab->object_size - objects_start(slab->object_size);

    if (slab->free[index / 64] >> index % 64 & 1)
        return false;
    poison(memory, slab->object_size);
    slab->free[index / 64] |= 1ull << index % 64;
    if (slab->free_count++ == 0)
        link_slab(slab);
    if (slab->free_count == all) {
        unlink_slab(slab);
        slab->magic = 0;
        page_free(virtual_to_physical(slab));
    }
    return true;
}

static bool is_large(const void *memory)
{
    return ((uint64_t)memory & (PAGE_SIZE - 1)) == 0;
}

static size_t size_of(void *memory)
{
    if (!is_large(memory))
        return slab_of(memory)->object_size;

    int order = page_order(virtual_to_physical(memory));

    if (order < 0)
        panic("kfree: %p did not come from kmalloc, or is free already", memory);
    return (size_t)PAGE_SIZE << order;
}

static void *allocate_large(size_t size)
{
    if (size > (size_t)PAGE_SIZE << PAGE_ORDER_MAX)
        return NULL;

    uint64_t block = page_alloc(order_of(size));

    return block != 0 ? physical_to_virtual(block) : NULL;
}

static void *allocate_small(unsigned bin)
{
    bool enabled = spin_lock(&slabs_lock);
    struct slab *slab = partial[bin] != NULL ? partial[bin] : new_slab(bin);
    void *object = slab != NULL ? take_object(slab) : NULL;

    spin_unlock(&slabs_lock, enabled);
    return object;
}

void *kmalloc(size_t size)
{
    if (size == 0)
        return NULL;
    if (size > LARGEST)
        return allocate_large(size);

    void *object = allocate_small(bin_of(size));

    if (object != NULL)
        check_poison(object, (size_t)SMALLEST << bin_of(size));
    return object;
}

void *kcalloc(size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total))
        return NULL;

    void *memory = kmalloc(total);

    if (memory != NULL)
        memset(memory, 0, total);
    return memory;
}

void *krealloc(void *memory, size_t size)
{
    if (memory == NULL)
        return kmalloc(size);

    size_t old = size_of(memory);

    if (size <= old && size > old / 2)
        return memory;

    void *moved = kmalloc(size);

    if (moved == NULL)
        return NULL;
    memcpy(moved, memory, size < old ? size : old);
    kfree(memory);
    return moved;
}

static void free_small(void *memory)
{
    struct slab *slab = slab_of(memory);
    bool enabled = spin_lock(&slabs_lock);
    bool freed = free_object(slab, memory);

    spin_unlock(&slabs_lock, enabled);
    if (!freed)
        panic("kfree: %p is free already", memory);
}

void kfree(void *memory)
{
    if (memory == NULL)
        return;
    if (!is_large(memory)) {
        free_small(memory);
        return;
    }
    poison(memory, size_of(memory));
    page_free(virtual_to_physical(memory));
}
