/*
 * address_space.h: page tables of user programs. Each has a lower half of its own, in pages of
 * 4 KiB that are shared pages (shared_page.h); the upper half is the kernel's, the same in all.
 *
 * A space belongs to one thread, so only the processor that runs it has it in its TLB, and changes
 * of one that is in CR3 are known to that TLB on return.
 */
#ifndef KERNEL_ADDRESS_SPACE_H
#define KERNEL_ADDRESS_SPACE_H

#include "mm/paging.h"

/* What programs can have: page 0 is for NULL, the last page for what runs off the end. */
#define USER_LOW  0x10000ull
#define USER_HIGH 0x00007ffffffff000ull

/*
 * Once, when kernel_space is complete but for pages: give each entry of its upper half a table, so
 * that what is mapped there later is mapped in every space.
 */
void address_space_init(void);

/* An empty lower half. False: no memory. */
bool address_space_create(struct address_space *space);

/* Everything in the lower half, and the space itself, are gone. Not while it is in CR3. */
void address_space_destroy(struct address_space *space);

/*
 * Make child's empty lower half the same as parent's, copy-on-write: both hold each page, and
 * neither may write to it. False: no memory; child has a part of it then.
 */
bool address_space_copy(struct address_space *child, struct address_space *parent);

/* Put a page at an address, in place of the one that was there, whose holder it was. */
bool address_space_put(struct address_space *space, uint64_t address, uint64_t page,
                       unsigned rights);

/* How many pages its lower half has. */
size_t address_space_pages(const struct address_space *space);

#endif
