/*
 * guard.h: instructions that may fault, and where to go on if they do.
 *
 * Each is a pair in section __ex_table: two 32-bit offsets, relative to themselves, of the
 * instruction and of its fixup. The embedder's linker script puts __ex_table_start and
 * __ex_table_end around that section; debugger_exception() looks the faulting rip up in it.
 */
#ifndef TRAPLINE_GUARD_H
#define TRAPLINE_GUARD_H

#ifdef __ASSEMBLER__

.macro guard fixup, instruction:vararg
1771:   \instruction
        .pushsection __ex_table, "a"
        .balign 4
        .long 1771b - ., \fixup - .
        .popsection
.endm

#else

#include <stdbool.h>

#include "frame.h"

/* For an asm goto: instruction, and the C label that %l[label] names. */
#define GUARDED(instruction, label)                                                               \
    "1771: " instruction "\n"                                                                     \
    ".pushsection __ex_table, \"a\"\n"                                                            \
    ".balign 4\n"                                                                                 \
    ".long 1771b - ., %l[" #label "] - .\n"                                                       \
    ".popsection"

/* If the frame's rip is a guarded instruction, send it to its fixup. */
bool guard_fixup(struct trap_frame *frame);

#endif
#endif
