/*
 * hand_over.h: an exception that stopped the machine first is handed to the kernel's handler after
 * all, when the client resumes with its signal (gdb: "signal SIGSEGV", and "continue" as well, as
 * long as "info signals" says that the signal is passed to the program).
 *
 * Not when the client has repaired something in between: a register, or memory other than the free
 * stack. Then the instruction is tried again, and if it still faults, the client is asked again.
 */
#ifndef TRAPLINE_HAND_OVER_H
#define TRAPLINE_HAND_OVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

struct debugger_cpu;

struct hand_over {
    bool possible; /* the frame below is that of an exception that the kernel has not seen yet */
    uint32_t owed; /* the stop at which it is to come, whatever the client wants; or 0 */
    bool repaired; /* ... and will not, as the client has changed memory */
    uint64_t at;   /* where the entry code built the frame: its stack is below */
    uint64_t cr2;
    struct trap_frame frame;
};

/* The machine stops at an exception that the kernel might handle. */
void hand_over_offer(struct debugger_cpu *cpu, const struct trap_frame *frame);

/*
 * Whether the instruction that was stepped ends with a #DB of the program's own (TF was set) that
 * the client has not asked to be told of first. The kernel is to have it before the next one:
 * whatever the client asks for, unless it goes elsewhere.
 */
bool hand_over_owe(struct debugger_cpu *cpu, const struct trap_frame *frame);

/* The client has written to memory. */
void hand_over_written(uint64_t address);

/* Does the client's action hand the exception over? Ask before the frame is prepared to be left. */
bool hand_over_wanted(const struct debugger_cpu *cpu);

/* Let cpu->exit lead to the kernel's handler, with cpu->frame to be left afterwards. */
void hand_over(struct debugger_cpu *cpu);

#endif
