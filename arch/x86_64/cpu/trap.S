/*
 * trap.S: from any of the 256 vectors to trap_dispatch() and back, through the one frame of
 * arch/x86_64/debug/frame.h.
 *
 * Each push and pop is told to the debugger's unwinder, so that a backtrace taken at any
 * instruction here goes on into the interrupted code. The CFA is the address above the processor's
 * five words; .cfi_signal_frame says that the caller's pc is exact: it is not behind a call.
 */
#include "frame.h"

    .cfi_sections .debug_frame

#define PROCESSOR_WORDS 40         /* ss, rsp, rflags, cs, rip */

/* Which vectors come with an error code (Intel SDM vol. 3, table 6-1; 29 and 30 are AMD's). */
#define HAS_ERROR_CODE(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21 || \
                           (v) == 29 || (v) == 30)

    .macro begin_trap_frame pushed
    .cfi_startproc simple
    .cfi_signal_frame
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

    .macro pop_register register
    popq %\register
    .cfi_adjust_cfa_offset -8
    .cfi_restore \register
    .endm

/* vector_N pushes what the processor left out, then N; the upper half of that is entry_flags, 0. */
    .altmacro
    .macro trap_vector number
    .balign 16
    .type vector_\number, @function
vector_\number:
    .if HAS_ERROR_CODE(\number)
    begin_trap_frame 8
    .else
    begin_trap_frame 0
    push_word 0
    .endif
    push_word \number
    jmp trap_entry
    .cfi_endproc
    .size vector_\number, . - vector_\number
    .endm

    .text
    .balign 16
    .globl trap_vectors
trap_vectors:
    .set number, 0
    .rept 256
    trap_vector %number
    .set number, number + 1
    .endr
    .noaltmacro

    .globl trap_entry
    .type trap_entry, @function
trap_entry:
    begin_trap_frame 16
    push_register rax
    push_register rbx
    push_register rcx
    push_register rdx
    push_register rsi
    push_register rdi
    push_register rbp
    push_register r8
    push_register r9
    push_register r10
    push_register r11
    push_register r12
    push_register r13
    push_register r14
    push_register r15

/*
 * Gates leave DF and AC alone. CLAC is #UD on a processor without SMAP; it is not patched in, as
 * that would make the text differ from its file, which compare-sections would have to explain.
 */
    cld
    cmpb $0, cpu_has_smap(%rip)
    je 1f
    clac
1:  movq %rsp, %rdi
    call trap_dispatch

    pop_register r15
    pop_register r14
    pop_register r13
    pop_register r12
    pop_register r11
    pop_register r10
    pop_register r9
    pop_register r8
    pop_register rbp
    pop_register rdi
    pop_register rsi
    pop_register rdx
    pop_register rcx
    pop_register rbx
    pop_register rax
    addq $16, %rsp                 /* vector and error code */
    .cfi_adjust_cfa_offset -16
    iretq
    .cfi_endproc
    .size trap_entry, . - trap_entry

/* The pushes above are the members of struct trap_frame, from its end to its start. */
    .if FRAME_SIZE != PROCESSOR_WORDS + 16 + 15 * 8
    .error "trap.S and frame.h disagree"
    .endif
