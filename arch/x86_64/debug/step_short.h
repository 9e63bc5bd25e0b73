/*
 * step_short.h: the plain instructions of a range, without a trap for each.
 */
#ifndef TRAPLINE_STEP_SHORT_H
#define TRAPLINE_STEP_SHORT_H

#include "displaced_memory.h"

/*
 * Does the instruction at frame->rip on the frame, which does not lie on the program's stack; what
 * lies there of ours is own. False: that is for the processor to do, and nothing has changed. No
 * interrupt is served.
 */
bool step_short(struct trap_frame *frame, struct own_stack own);

#endif
