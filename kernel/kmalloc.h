/*
 * kmalloc.h: memory of any size. Small sizes share pages, large ones get pages of their own. Freed
 * memory is filled with KMALLOC_POISON and looked at again when it is handed out: writing to it,
 * and freeing it twice, ends in panic. For anybody, at any time.
 */
#ifndef KERNEL_KMALLOC_H
#define KERNEL_KMALLOC_H

#include <stddef.h>

/* Eight of them make a non-canonical address: following a freed pointer faults at once. */
#define KMALLOC_POISON 0x6b

/* Aligned to 16 bytes, contents undefined; NULL if there is no memory or size is 0. */
void *kmalloc(size_t size);

/* The same, zeroed. NULL also if count * size is too large to be said. */
void *kcalloc(size_t count, size_t size);

/* Change the size, moving the contents if need be. NULL: no memory, and memory is as it was. */
void *krealloc(void *memory, size_t size);

/* NULL is fine. */
void kfree(void *memory);

#endif
