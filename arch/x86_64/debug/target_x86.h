/*
 * target_x86.h: the machine as the protocol core sees it. The context is a struct debugger_cpu *.
 */
#ifndef TRAPLINE_TARGET_X86_H
#define TRAPLINE_TARGET_X86_H

#include "target.h"

extern const struct gdb_target target_x86;

#endif
