/*
 * switch.S: from one thread's stack to another's. Both hold the same words at the same distance
 * from rsp, so one set of rules unwinds them, before the switch as after it.
 */
#include "cpu.h"
#include "cpu/switch.h"

    .cfi_sections .debug_frame
    .text

    .macro push_kept register
    pushq %\register
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset \register, 0
    .endm

    .macro pop_kept register
    popq %\register
    .cfi_adjust_cfa_offset -8
    .cfi_restore \register
    .endm

/* void thread_switch(from = rdi, to = rsi) */
    .globl thread_switch
    .type thread_switch, @function
thread_switch:
    .cfi_startproc
    pushfq
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rflags, 0
    .irp register, rbp, rbx, r12, r13, r14, r15
    push_kept \register
    .endr
    movq %rsp, THREAD_RSP(%rdi)
    movq %rsi, %gs:CPU_CURRENT
    movq THREAD_RSP(%rsi), %rsp
    .irp register, r15, r14, r13, r12, rbx, rbp
    pop_kept \register
    .endr
    popfq
    .cfi_adjust_cfa_offset -8
    .cfi_restore rflags
    ret
    .cfi_endproc
    .size thread_switch, . - thread_switch

/* Nobody called: every backtrace ends here. Interrupts are off, the scheduler's lock is held. */
    .globl thread_start
    .type thread_start, @function
thread_start:
    .cfi_startproc
    .cfi_undefined rip
    nop                            /* switch.h: callers are looked for at return address - 1 */
    .globl thread_start_here
thread_start_here:
    xorl %ebp, %ebp
    movq %r12, %rdi
    movq %r13, %rsi
    call thread_enter
    ud2                            /* it does not return */
    .cfi_endproc
    .size thread_start, . - thread_start
    .section .note.GNU-stack, "", @progbits
