/*
 * demand.h: memory that is made when it is touched. A range of addresses is reserved; the page
 * fault of the first access to each page of it is answered with a page of zeros.
 */
#ifndef KERNEL_DEMAND_H
#define KERNEL_DEMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trap_frame;

/* A page fault in ring 0 (CR2 has it): true if it was the first access to a page of the range. */
bool demand_resolve(const struct trap_frame *frame);

/* The n-th page of the range (modulo its size); it need not be there yet. */
void *demand_page(size_t n);

/* Pages made so far. */
extern volatile uint64_t demand_pages_made;

#endif
