/*
 * early_entry.S: from the exceptions of a kernel that has no IDT yet to early_trap() and back.
 */
#include "frame_asm.h"

    .cfi_sections .debug_frame

    .altmacro
    .text
    .balign 16
    .globl early_vectors
early_vectors:
    .set number, 0
    .rept 32
    trap_vector early_vector_, %number, early_entry
    .set number, number + 1
    .endr
    .noaltmacro

    .type early_entry, @function
early_entry:
    begin_trap_frame 16
    push_trap_frame
    cld
    movq %rsp, %rdi
    call early_trap
    leave_trap_frame
    .cfi_endproc
    .size early_entry, . - early_entry
    .section .note.GNU-stack, "", @progbits
