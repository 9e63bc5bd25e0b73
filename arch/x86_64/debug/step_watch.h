/*
 * step_watch.h: watchpoints on the stack that a step's #DB is pushed onto.
 *
 * In QEMU 7.2 a store to a page with a watchpoint, made between a watchpoint's hit and its #DB,
 * ends the machine: "qemu_mutex_lock_iothread_impl: assertion failed". Such a store is the frame of
 * the step that hits. And on any processor that frame, and what is pushed on top of it until the
 * debug registers are off, may go over a watched slot. So an instruction that may touch such a page
 * is stepped with data watchpoints off, and so is each one above such a slot; what it does to them
 * is found out here: the outcome is the processor's.
 */
#ifndef TRAPLINE_STEP_WATCH_H
#define TRAPLINE_STEP_WATCH_H

#include "state.h"

/* The instruction at the frame is about to be stepped: step->unwatched, and what it is to hit. */
void step_watch_begin(struct step *step, const struct trap_frame *frame);

/* The step is under way, with them off. */
bool step_watch_is_off(const struct step *step);

/* Its #DB is here, with this frame: the bits that DR6 lacks. */
uint64_t step_watch_hits(const struct step *step, const struct trap_frame *frame);

#endif
