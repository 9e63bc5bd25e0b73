/* trap_asm.h: numbers that trap.S and C both know. */
#ifndef KERNEL_TRAP_ASM_H
#define KERNEL_TRAP_ASM_H

#define EXCEPTIONS 32 /* vectors of the processor's own, from 0 on */

#define VECTOR_SYSCALL 0x80 /* of int n, and in the frame of SYSCALL */

/*
 * These interrupt the debugger's own code as well, while it holds a CPU: each alone in its class,
 * so that CR8 can let in one or both and nothing else.
 */
#define VECTOR_SERIAL 0xe0
#define VECTOR_DEBUG_WAKE 0xf0

#define MSR_GS_BASE 0xc0000101

#endif
