/*
 * step_short.h: the plain instructions of a range, without a trap for each.
 */
#ifndef TRAPLINE_STEP_SHORT_H
#define TRAPLINE_STEP_SHORT_H

#include "displaced_memory.h"

struct debugger_cpu;

/*
 * Does the instruction at cpu->frame.rip on that frame, which does not lie on the program's stack;
 * what lies there of ours is own. False: that is for the processor to do, and nothing has changed.
 * No interrupt is served.
 */
bool step_short(struct debugger_cpu *cpu, struct own_stack own);

#endif
