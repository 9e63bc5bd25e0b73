/*
 * paging.h: page tables of four levels (Intel SDM vol. 3, 4.5), and the kernel's own set of them.
 */
#ifndef KERNEL_PAGING_H
#define KERNEL_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/layout.h"

/* Rights of a mapping. Everything that is mapped can be read; nothing is executable unless said. */
enum {
    MAP_READ = 0,
    MAP_WRITE = 1 << 0,
    MAP_EXECUTE = 1 << 1,
    MAP_USER = 1 << 2,
    MAP_DEVICE = 1 << 3, /* uncached */
};

struct address_space {
    uint64_t root; /* physical address of the top table, as in CR3 */
};
extern struct address_space kernel_space;

/*
 * Map [address, address + size) to physical memory, in the largest pages that fit. All three are
 * multiples of PAGE_SIZE and nothing is mapped there yet. False: no memory for tables; part of the
 * range may be mapped then.
 */
bool paging_map(struct address_space *space, uint64_t address, uint64_t physical, uint64_t size,
                unsigned rights);

/* If not NULL: called when a page is there, with its address. The debugger wants to know. */
extern void (*paging_mapped)(const struct address_space *space, uint64_t address, uint64_t size);

/*
 * Take a range out again; larger pages are split where it ends. Holes in it do not matter. As with
 * the rights below, it is this processor that knows at once, and the others after smp_flush().
 */
void paging_unmap(struct address_space *space, uint64_t address, uint64_t size);

/*
 * Other rights for a range that is mapped; larger pages are split where it ends. False: no memory
 * to split one, and a part of the range may have its new rights.
 */
bool paging_protect_range(struct address_space *space, uint64_t address, uint64_t size,
                          unsigned rights);

/* Where an address leads to. False: nowhere. */
struct mapping {
    uint64_t physical;
    uint64_t page_size; /* 4 KiB, 2 MiB or 1 GiB */
    unsigned rights;
};
bool paging_lookup(const struct address_space *space, uint64_t address, struct mapping *out);

/* Other rights for the page of 4 KiB at an address; this processor's TLB forgets the old ones. */
void paging_protect(struct address_space *space, uint64_t address, unsigned rights);

/*
 * Call visit for each page below an address (of the lower half), upwards, until it returns false;
 * then so does this. It may change the page that it is called for, and none else.
 */
typedef bool (*paging_visitor)(void *context, uint64_t address, const struct mapping *page);
bool paging_walk(const struct address_space *space, uint64_t end, paging_visitor visit,
                 void *context);

/* Free the tables for everything below an address (of the lower half), not the pages in them. */
void paging_free_tables(struct address_space *space, uint64_t end);

/* Make sure that the top table's entry for an address has a table. False: no memory. */
bool paging_make_table(struct address_space *space, uint64_t address);

/* Make device registers visible in DEVICE_MAP, uncached. Panics if there is no memory for it. */
void *paging_map_device(uint64_t physical, uint64_t size);

struct boot_info;

/*
 * Leave the tables of boot.S for kernel_space, where no page is both writable and executable. The
 * page allocator has to work, and to hand out nothing but memory below BOOT_MAP_SIZE.
 */
void kernel_map_init(const struct boot_info *boot);

#endif
