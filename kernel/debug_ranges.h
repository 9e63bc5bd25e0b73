/*
 * debug_ranges.h: what a client of the debugger must leave alone, wherever it is mapped.
 */
#ifndef KERNEL_DEBUG_RANGES_H
#define KERNEL_DEBUG_RANGES_H

#include "cpu/descriptors.h"
#include "debugger.h"

/* The debugger's own parts and the kernel's, in the image, the direct map and the low mapping. */
#define DEBUG_OWN_PARTS 9
#define DEBUG_HOOK_PARTS 2
#define DEBUG_RANGES    (3 * (DEBUG_OWN_PARTS + DEBUG_HOOK_PARTS + DESCRIPTORS_PARTS))

const struct debugger_range *debug_ranges(void);

#endif
