/*
 * page_alloc.h: physical memory, in blocks of 2^order pages (a buddy allocator). Addresses are
 * physical; physical_to_virtual() of arch/x86_64/mm/layout.h makes them usable. For anybody, at any
 * time.
 */
#ifndef KERNEL_PAGE_ALLOC_H
#define KERNEL_PAGE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

/*
 * 1 GiB. Small blocks would not need it, but each free block is touched at boot, and a host that
 * gives memory to a virtual machine page by page would have to clear gigabytes for nothing.
 */
#define PAGE_ORDER_MAX 18

struct boot_info;

/*
 * Take over the free memory (memory_map.h) below a limit. The rest follows with page_alloc_add(),
 * once it is mapped. Panics if there is nothing.
 */
void page_alloc_init(const struct boot_info *boot, uint64_t limit);

/* Take over the free memory in [from, to). */
void page_alloc_add(const struct boot_info *boot, uint64_t from, uint64_t to);

/* A block aligned to its size, its contents undefined; 0 if there is none. */
uint64_t page_alloc(unsigned order);

/* Give a block back. Panics if no block starts there or it is free already. */
void page_free(uint64_t block);

/* The order of an allocated block; -1 if none starts there. */
int page_order(uint64_t block);

/*
 * The end of the free memory around an address that nobody has been given since boot; 0 if it was,
 * or if the links of the free blocks are there. Without the lock, for who has stopped all others:
 * a block that is just being moved is none.
 */
uint64_t page_unused(uint64_t physical);

/* Pages managed, and how many of them are free. */
size_t page_count(void);
size_t page_count_free(void);

#endif
