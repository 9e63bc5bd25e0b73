/*
 * core_ram.h: which pages of RAM are in a core file, each once, however often it is mapped.
 *
 * Pages are counted from 0 on through all ranges of RAM, and kept or left out in blocks, of one
 * page each if the map has room for so many. Kept blocks are in the file one behind the other.
 */
#ifndef TRAPLINE_CORE_RAM_H
#define TRAPLINE_CORE_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CORE_PAGE 0x1000ull

/* Forget the map, and make room for all RAM there is. */
void core_ram_begin(void);

/* The page at a physical address; *pages: how many are in a row from it on. False: it is no RAM. */
bool core_ram_find(uint64_t physical, uint64_t *page, uint64_t *pages);

/*
 * Keep those of n pages that are not all zero; or them all, the processor's view of them. Not all
 * are looked at if the client does not wait: gdb_goes_on() says so.
 */
void core_ram_keep(uint64_t page, uint64_t n);
void core_ram_keep_all(void);

/* How many of n pages from one on are kept, or are not kept, as the first of them. */
uint64_t core_ram_run(uint64_t page, uint64_t n, bool *kept);

/* Of a kept page: which one of the file it is. */
uint64_t core_ram_place(uint64_t page);

/* How many pages the file has; and n bytes of them, fewer if something cannot be read. */
uint64_t core_ram_count(void);
size_t core_ram_read(uint64_t offset, void *out, size_t n);

#endif
