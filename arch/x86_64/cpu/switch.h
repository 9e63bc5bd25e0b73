/*
 * switch.h: what a thread leaves behind when it does not run. thread_switch() pushes it on the
 * thread's own stack, and struct thread.rsp points to it: the registers that a C function keeps for
 * its caller, and the flags. All others are of no more use to the thread.
 */
#ifndef KERNEL_SWITCH_H
#define KERNEL_SWITCH_H

/* Offsets for assembly; the structure below is checked against them. */
#define SWITCH_R15 0
#define SWITCH_R14 8
#define SWITCH_R13 16
#define SWITCH_R12 24
#define SWITCH_RBX 32
#define SWITCH_RBP 40
#define SWITCH_RFLAGS 48
#define SWITCH_RIP 56
#define SWITCH_SIZE 64 /* rsp of the sleeper is above */

#define THREAD_RSP 0 /* in struct thread */

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

struct switch_frame {
    uint64_t r15, r14, r13, r12, rbx, rbp, rflags, rip;
};

_Static_assert(offsetof(struct switch_frame, r12) == SWITCH_R12, "switch.S and switch.h disagree");
_Static_assert(offsetof(struct switch_frame, rbp) == SWITCH_RBP, "switch.S and switch.h disagree");
_Static_assert(offsetof(struct switch_frame, rflags) == SWITCH_RFLAGS, "switch.S and switch.h");
_Static_assert(offsetof(struct switch_frame, rip) == SWITCH_RIP, "switch.S and switch.h disagree");
_Static_assert(sizeof(struct switch_frame) == SWITCH_SIZE, "switch.S and switch.h disagree");

struct thread;

/*
 * Go on as another thread, which has called this before or was made to look as if it had. Returns
 * when somebody switches back, perhaps on another CPU. Interrupts off, the scheduler's lock held.
 * The current thread of this CPU changes with the stack: between two instructions.
 */
void thread_switch(struct thread *from, struct thread *to);

/*
 * Where the switch frame of a new thread leads: r12 is the function, r13 its argument. The address
 * is one behind thread_start, as unwinders look for a caller at its return address - 1.
 */
extern const uint8_t thread_start[], thread_start_here[];

#endif
#endif
