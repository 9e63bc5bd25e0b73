/*
 * trap.S: from any of the 256 vectors to C and back, through the one frame of
 * arch/x86_64/debug/frame.h. Exceptions go to trap_exception(), by a way that the debugger has to
 * protect, as it is its own, and its own interrupts with them; all other interrupts go to
 * trap_interrupt(), by one that can have breakpoints.
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
    .if number < EXCEPTIONS || number == VECTOR_SERIAL || number == VECTOR_DEBUG_WAKE
    trap_vector vector_, %number, trap_entry
    .else
    trap_vector vector_, %number, interrupt_entry
    .endif
    .set number, number + 1
    .endr
    .noaltmacro

    .macro swap_gs
    swapgs
    orl $FRAME_SWAPGS, FRAME_ENTRY_FLAGS(%rsp)
    .endm

/*
 * Gates leave DF and AC alone. CLAC is #UD on a processor without SMAP; it is not patched in, as
 * that would make the text differ from its file, which compare-sections would have to explain.
 */
    .macro call_handler handler
    cld
    cmpb $0, cpu_has_smap(%rip)
    je .Lno_smap\@
    clac
.Lno_smap\@:
    movq %rsp, %rdi
    call \handler
    .endm

/*
 * The kernel's GS, unless it is there already. Out of ring 3 it never is. In ring 0 it may be
 * missing for a few instructions of an entry or an exit, with interrupts off, where an exception
 * can still come: the kernel's base lies in the upper half of the address space, a user's does not.
 */
    .globl trap_entry
    .type trap_entry, @function
trap_entry:
    begin_trap_frame 16
    push_trap_frame
    testb $3, FRAME_CS(%rsp)
    jnz 1f
    movl $MSR_GS_BASE, %ecx
    rdmsr
    testl %edx, %edx
    js 2f
1:  swap_gs
2:  call_handler trap_exception
    leave_trap_frame
    .cfi_endproc
    .size trap_entry, . - trap_entry

    .text
    .globl interrupt_entry
    .type interrupt_entry, @function
interrupt_entry:
    begin_trap_frame 16
    push_trap_frame
    testb $3, FRAME_CS(%rsp)
    jz 1f
    swap_gs
1:  call_handler trap_interrupt
    leave_trap_frame
    .cfi_endproc
    .size interrupt_entry, . - interrupt_entry
    .section .note.GNU-stack, "", @progbits
