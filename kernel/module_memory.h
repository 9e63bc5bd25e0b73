/*
 * module_memory.h: pages for modules, in MODULE_MAP. No page is ever writable and executable,
 * neither there nor in the direct map, where all memory is seen a second time.
 */
#ifndef KERNEL_MODULE_MEMORY_H
#define KERNEL_MODULE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Addresses and sizes are whole pages. Writable and not executable, contents undefined. */
bool module_memory_make(uint64_t address, uint64_t size);

/*
 * From now on its rights are these (mm/paging.h); another CPU may not know before smp_flush().
 * False: no memory for page tables.
 */
bool module_memory_protect(uint64_t address, uint64_t size, unsigned rights);

/* Give back what of it there is, once no CPU sees it any more: as smp_flush(). */
void module_memory_free(uint64_t address, uint64_t size);

#endif
