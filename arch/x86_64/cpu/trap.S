/*
 * trap.S: from any of the 256 vectors to trap_dispatch() and back, through the one frame of
 * arch/x86_64/debug/frame.h.
 */
#include "cpu/trap_asm.h"
#include "frame_asm.h"

    .cfi_sections .debug_frame

    .altmacro
    .section .text.entry, "ax"
    .balign 16
    .globl trap_vectors
trap_vectors:
    .set number, 0
    .rept 256
    trap_vector vector_, %number, trap_entry
    .set number, number + 1
    .endr
    .noaltmacro

    .globl trap_entry
    .type trap_entry, @function
trap_entry:
    begin_trap_frame 16
    push_trap_frame

/*
 * The kernel's GS, unless it is there already. Out of ring 3 it never is. In ring 0 it may be
 * missing for a few instructions of an entry or an exit, with interrupts off, where an exception
 * can still come: the kernel's base lies in the upper half of the address space, a user's does not.
 */
    testb $3, FRAME_CS(%rsp)
    jnz 1f
    cmpl $EXCEPTIONS, FRAME_VECTOR(%rsp)
    jae 2f
    movl $MSR_GS_BASE, %ecx
    rdmsr
    testl %edx, %edx
    js 2f
1:  swapgs
    orl $FRAME_SWAPGS, FRAME_ENTRY_FLAGS(%rsp)
2:

/*
 * Gates leave DF and AC alone. CLAC is #UD on a processor without SMAP; it is not patched in, as
 * that would make the text differ from its file, which compare-sections would have to explain.
 */
    cld
    cmpb $0, cpu_has_smap(%rip)
    je 3f
    clac
3:  movq %rsp, %rdi
    call trap_dispatch
    leave_trap_frame
    .cfi_endproc
    .size trap_entry, . - trap_entry
