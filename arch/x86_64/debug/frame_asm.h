/*
 * frame_asm.h: how assembly builds the frame of frame.h and leaves through it, with each push and
 * pop told to the debugger's unwinder, so that a backtrace taken at any instruction goes on into
 * the interrupted code. The CFA is the address above the processor's five words; .cfi_signal_frame
 * says that the caller's pc is exact: it is not behind a call.
 */
#ifndef TRAPLINE_FRAME_ASM_H
#define TRAPLINE_FRAME_ASM_H

#include "frame.h"

#define PROCESSOR_WORDS 40         /* ss, rsp, rflags, cs, rip */

/* Which vectors come with an error code (Intel SDM vol. 3, table 6-1; 29 and 30 are AMD's). */
#define HAS_ERROR_CODE(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21 || \
                           (v) == 29 || (v) == 30)

/*
 * Rules for which what comes before is not a call. lldb (14 to 22) takes the first of a common
 * entry's rules for the length of augmentation data, which the "S" of a signal frame has not, and
 * loses them: the assembler leaves all rules to the function's own entry if one is an escape (a
 * DW_CFA_nop).
 */
    .macro begin_interrupted_rules
    .cfi_startproc simple
    .cfi_signal_frame
    .cfi_escape 0
    .endm

    .macro begin_trap_frame pushed
    begin_interrupted_rules
    .cfi_def_cfa rsp, PROCESSOR_WORDS + \pushed
    .cfi_offset rip, -40
    .cfi_offset cs, -32
    .cfi_offset rflags, -24
    .cfi_offset rsp, -16
    .cfi_offset ss, -8
    .endm

    .macro push_word value
    pushq $\value
    .cfi_adjust_cfa_offset 8
    .endm

    .macro push_register register
    pushq %\register
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset \register, 0
    .endm

/* Not .cfi_restore: begin_whole_trap_frame's rules are the initial ones, and would come back. */
    .macro pop_register register
    popq %\register
    .cfi_adjust_cfa_offset -8
    .cfi_same_value \register
    .endm

/* From the processor's words, what it left out and the vector to the whole frame. */
    .macro push_trap_frame
    .irp register, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    push_register \register
    .endr
    .endm

/* From the whole frame, at rsp, to where it came from. Interrupts are off. */
    .macro leave_trap_frame
    testb $FRAME_SWAPGS, FRAME_ENTRY_FLAGS(%rsp)
    jz .Lgs_is_right\@
    swapgs
.Lgs_is_right\@:
    .irp register, r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax
    pop_register \register
    .endr
    addq $16, %rsp                 /* vector and error code */
    .cfi_adjust_cfa_offset -16
    iretq
    .endm

/* For code that finds a whole frame at rsp: as if the pushes had been its own. */
    .macro begin_whole_trap_frame
    begin_trap_frame (FRAME_SIZE-PROCESSOR_WORDS)
    .set offset, 0
    .irp register, r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax
    .cfi_rel_offset \register, offset
    .set offset, offset + 8
    .endr
    .endm

/*
 * The entry of a vector: push what the processor left out, then the number; the upper half of that
 * is entry_flags, 0. Needs .altmacro around it.
 */
    .macro trap_vector prefix, number, entry
    .balign 16
    .type \prefix\number, @function
\prefix\number:
    .if HAS_ERROR_CODE(\number)
    begin_trap_frame 8
    cmpq $0, (%rsp)                /* a code is small; rip, by "int n", in the upper half */
    jge .Lhas_code\@
    .cfi_adjust_cfa_offset -8
    push_word FRAME_NO_ERROR
.Lhas_code\@:
    .else
    begin_trap_frame 0
    push_word 0
    .endif
    push_word \number
    jmp \entry
    .cfi_endproc
    .size \prefix\number, . - \prefix\number
    .endm

/* The pushes above are the members of struct trap_frame, from its end to its start. */
    .if FRAME_SIZE != PROCESSOR_WORDS + 16 + 15 * 8
    .error "frame_asm.h and frame.h disagree"
    .endif

#endif
