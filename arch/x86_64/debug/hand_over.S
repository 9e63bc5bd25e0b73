/*
 * hand_over.S: where the debuggee goes on whose exception is handed to the kernel after all. rsp is
 * a whole frame, rax the kernel's function for it, interrupts are off.
 */
#include "frame_asm.h"

    .cfi_sections .debug_frame
    .text
    .globl hand_over_entry
    .type hand_over_entry, @function
hand_over_entry:
    begin_whole_trap_frame
    movq %rsp, %rdi
    call *%rax
    leave_trap_frame
    .cfi_endproc
    .size hand_over_entry, . - hand_over_entry
    .section .note.GNU-stack, "", @progbits
