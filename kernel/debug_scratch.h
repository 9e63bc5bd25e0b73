/* debug_scratch.h: memory for what a client compiles and calls (debugger.h: scratch_code). */
#ifndef KERNEL_DEBUG_SCRATCH_H
#define KERNEL_DEBUG_SCRATCH_H

#include "debugger.h"

struct debugger_range debug_scratch_code(void);
struct debugger_range debug_scratch_data(void);

#endif
