/* memory.h: from the loader's map to page_alloc(), kmalloc() and page tables of our own. */
#ifndef KERNEL_MEMORY_H
#define KERNEL_MEMORY_H

struct boot_info;

/* Panics if there is not enough memory to go on. */
void memory_init(const struct boot_info *boot);

#endif
