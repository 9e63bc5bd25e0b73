/*
 * regions.h: what is mapped where, by page tables.
 */
#ifndef TRAPLINE_REGIONS_H
#define TRAPLINE_REGIONS_H

#include "state.h"
#include "target.h"

/*
 * The region of an address, from its page on to where the rights change (or to where we stop
 * looking). root: a CR3. False: the tables cannot be read.
 */
bool region_at(uint64_t root, uint64_t address, struct gdb_region *region);

#endif
