/*
 * frame.h: the one trap frame, as every entry stub builds it and as the debugger reads it.
 *
 * A kernel that adopts Trapline either builds this frame in its own entry code (see
 * arch/x86_64/cpu/trap.S for stubs with correct CFI) or copies its own into one of these before it
 * calls debugger_exception(). Layout from low to high address: what the stub pushed last comes
 * first; the last five words are the processor's (Intel SDM vol. 3, 6.14.2 "64-Bit Mode Stack
 * Frame": in 64-bit mode ss and rsp are pushed always).
 */
#ifndef TRAPLINE_FRAME_H
#define TRAPLINE_FRAME_H

/* Offsets for assembly; the C structure below is checked against them. */
#define FRAME_R15 0
#define FRAME_R14 8
#define FRAME_R13 16
#define FRAME_R12 24
#define FRAME_R11 32
#define FRAME_R10 40
#define FRAME_R9 48
#define FRAME_R8 56
#define FRAME_RBP 64
#define FRAME_RDI 72
#define FRAME_RSI 80
#define FRAME_RDX 88
#define FRAME_RCX 96
#define FRAME_RBX 104
#define FRAME_RAX 112
#define FRAME_VECTOR 120
#define FRAME_ENTRY_FLAGS 124
#define FRAME_ERROR 128
#define FRAME_RIP 136
#define FRAME_CS 144
#define FRAME_RFLAGS 152
#define FRAME_RSP 160
#define FRAME_SS 168
#define FRAME_SIZE 176

/* entry_flags: this entry executed swapgs, so whoever leaves through the frame must do it again. */
#define FRAME_SWAPGS 1
/* ... and the client has seen this exception, and wants the kernel to deal with it. */
#define FRAME_PASSED_ON 2

/*
 * error, where the processor has left out the code that the vector comes with: "int n" pushes none
 * (Intel SDM vol. 3, 6.13).
 */
#ifdef __ASSEMBLER__
#define FRAME_NO_ERROR -1
#else
#define FRAME_NO_ERROR (~0ull)
#endif

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint32_t vector;      /* 0..255 */
    uint32_t entry_flags; /* FRAME_* bits */
    uint64_t error;       /* the processor's, 0 for vectors without one, or FRAME_NO_ERROR */
    uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(offsetof(struct trap_frame, rbp) == FRAME_RBP, "trap.S and frame.h disagree");
_Static_assert(offsetof(struct trap_frame, rax) == FRAME_RAX, "trap.S and frame.h disagree");
_Static_assert(offsetof(struct trap_frame, vector) == FRAME_VECTOR, "trap.S and frame.h disagree");
_Static_assert(offsetof(struct trap_frame, error) == FRAME_ERROR, "trap.S and frame.h disagree");
_Static_assert(offsetof(struct trap_frame, rip) == FRAME_RIP, "trap.S and frame.h disagree");
_Static_assert(sizeof(struct trap_frame) == FRAME_SIZE, "trap.S and frame.h disagree");

#endif
#endif
