/*
 * memory_map.h: where there is RAM, and which of it is nobody's yet. Works on the loader's map as
 * it is: unsorted, unaligned, overlapping.
 */
#ifndef KERNEL_MEMORY_MAP_H
#define KERNEL_MEMORY_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/boot_info.h"

/* Remember what is in use from the start: the first MiB, the kernel image, the initrd. */
void memory_map_init(const struct boot_info *boot);

/* The lowest range of whole pages of RAM at or above an address. False: there is no more. */
bool memory_next_ram(const struct boot_info *boot, uint64_t from, struct memory_range *out);

/* The same without what is in use. */
bool memory_next_free(const struct boot_info *boot, uint64_t from, struct memory_range *out);

/* Put size bytes of free memory below limit to use, for ever; 0 if there are none in one piece. */
uint64_t memory_reserve(const struct boot_info *boot, uint64_t size, uint64_t limit);

/* The end of the highest page of RAM. */
uint64_t memory_top(const struct boot_info *boot);

#endif
