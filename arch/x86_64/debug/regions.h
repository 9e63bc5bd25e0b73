/*
 * regions.h: what is mapped where, by the page tables in use.
 */
#ifndef TRAPLINE_REGIONS_H
#define TRAPLINE_REGIONS_H

#include "state.h"
#include "target.h"

/*
 * The region of an address, from its page on to where the rights change (or to where we stop
 * looking). False: the tables cannot be read.
 */
bool region_at(const struct debugger_cpu *cpu, uint64_t address, struct gdb_region *region);

#endif
