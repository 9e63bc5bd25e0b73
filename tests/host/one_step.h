/*
 * one_step.h: this machine's processor as an oracle: it executes one instruction for us, in a child
 * process that does nothing else, on memory that we share with it.
 */
#ifndef HOST_ONE_STEP_H
#define HOST_ONE_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "insn.h"

/* The child can reach its code, a place for the same code elsewhere, and data; nothing more. */
#define STEP_CODE  0x10000000ull
#define STEP_SLOT  0x10400000ull
#define STEP_DATA  0x10800000ull
#define STEP_BYTES 4096

/* General registers, rip and the flags of a frame. False: it faults, and the frame is as before. */
bool one_step(struct trap_frame *frame);

/* Once is enough. */
void one_step_start(void);
void one_step_stop(void);

uint8_t *one_step_memory(uint64_t address);

/* ---- one_step_code.c: the kernel's instructions ---- */

/* Each of its text once. */
void each_instruction(const char *elf, void (*f)(void *context, const struct insn *insn),
                      void *context);

/*
 * The same instruction at STEP_CODE, with registers and the distance from rip chosen by dice such
 * that what it accesses is likely to be in the data.
 */
bool one_step_prepare(struct trap_frame *frame, struct insn *insn);

uint64_t one_step_dice(void);

#endif
