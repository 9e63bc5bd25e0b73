/*
 * hits.h: a breakpoint or watchpoint was hit: is that of interest to the client? Its conditions and
 * commands are evaluated here, on the processor that was hit, while the others run.
 */
#ifndef TRAPLINE_HITS_H
#define TRAPLINE_HITS_H

#include "breakpoint.h"
#include "state.h"

/*
 * True: the machine is to stop. False: it goes on as if nothing had been there. frame has rip where
 * the client would see it. May join a stop of another processor, and then does not return: the
 * instruction is tried again later.
 */
bool hit_stops(struct debugger_cpu *cpu, const struct trap_frame *frame,
               enum gdb_breakpoint_type type, uint64_t address);

/*
 * The int3 of a breakpoint was executed, or its page, which must not execute, was fetched from.
 * Returns if that is of no interest, and the instruction under it is passed when frame is left.
 */
void hit_breakpoint(struct debugger_cpu *cpu, struct trap_frame *frame,
                    struct software_breakpoint *b);

/* The same for STEP_HIT at cpu->frame, or a debug register: on our own stack and with the seat. */
_Noreturn void hit_at_step(struct debugger_cpu *cpu);

/*
 * A step has ended at frame, and the client will be told: what a breakpoint here is to do. That of
 * a debug register stops by itself; RF says that it was asked before.
 */
void hit_at_end(struct debugger_cpu *cpu, const struct trap_frame *frame);

#endif
