/*
 * displaced.h: past a breakpoint that nobody wants to hear of, with all breakpoints left where they
 * are and all other processors running.
 *
 * The instruction under it is emulated (emulate.h), or executed elsewhere: when the breakpoint is
 * set, a copy with an int3 behind it is put in a slot among the debugger's code, close enough for
 * what is relative to rip. A slot is written while the machine is stopped and then only executed,
 * by any number of processors at a time, each with interrupts off. The int3 brings them back here.
 * Whatever else comes in between finds rip where it would be without all this.
 */
#ifndef TRAPLINE_DISPLACED_H
#define TRAPLINE_DISPLACED_H

#include "breakpoint.h"
#include "state.h"

/* A breakpoint has been set while the machine is stopped: a slot for it, if one is to be had. */
void displaced_prepare(const struct software_breakpoint *b);

/*
 * What a client has read of memory at an address: slots show as they are in its file. The second
 * one also where they are mapped once more: gdb's compare-sections looks at physical addresses.
 */
void displaced_hide(uint64_t address, uint8_t *bytes, size_t n);
void displaced_hide_all(uint64_t space, uint64_t address, uint8_t *bytes, size_t n);

/*
 * The instruction under a breakpoint, at frame->rip, is done (then this does not return), or will
 * be when the frame is left. False: it can be neither, and the breakpoint has to be lifted for it.
 */
bool displaced_pass(struct debugger_cpu *cpu, struct trap_frame *frame,
                    const struct software_breakpoint *b);

/*
 * Any exception but an NMI that waits: the frame is as it would be without a slot. True: and that
 * was all that the exception was about.
 */
bool displaced_ended(struct debugger_cpu *cpu, struct trap_frame *frame);

/* The processor is in a slot, or on its way back: an NMI may wait for that. */
bool displaced_under_way(const struct debugger_cpu *cpu);

#endif
