/*
 * step_zoo.S: each function is called with interrupts on and TF clear, returns the ZOO_ complaints
 * in eax, and looks at the flags that the instruction in its name has stored, loaded or left.
 */
#include "demo/step_zoo_asm.h"

#define TF 0x100
#define IF 0x200

    .cfi_sections .debug_frame
    .text

    .macro zoo name
    .globl \name
    .type \name, @function
\name:
    .cfi_startproc
    xorl %eax, %eax
    .endm

    .macro zoo_end name
    ret
    .cfi_endproc
    .size \name, . - \name
    .endm

    .macro push value:vararg
    pushq \value
    .cfi_adjust_cfa_offset 8
    .endm

    .macro pop where:vararg
    popq \where
    .cfi_adjust_cfa_offset -8
    .endm

    .macro pushf_
    pushfq
    .cfi_adjust_cfa_offset 8
    .endm

    .macro popf_
    popfq
    .cfi_adjust_cfa_offset -8
    .endm

    .macro complain_if condition, complaint
    j\condition 1771f
    jmp 1772f
1771:
    orl $\complaint, %eax
1772:
    .endm

/* The image of the flags in edx: TF clear, IF set. */
    .macro expect_usual
    testl $TF, %edx
    complain_if nz, ZOO_TRAP_FLAG
    testl $IF, %edx
    complain_if z, ZOO_IF_LOST
    .endm

    .macro expect_masked
    testl $TF, %edx
    complain_if nz, ZOO_TRAP_FLAG
    testl $IF, %edx
    complain_if nz, ZOO_IF_GAINED
    .endm

    .macro look
    pushf_
    pop %rdx
    .endm

    zoo zoo_pushf
    look
    expect_usual
    zoo_end zoo_pushf

    zoo zoo_pushfw
    xorl %edx, %edx
    pushfw
    .cfi_adjust_cfa_offset 2
    popw %dx
    .cfi_adjust_cfa_offset -2
    expect_usual
    zoo_end zoo_pushfw

/* popf loads what pushf stored; and IF clear, then IF set. */
    zoo zoo_popf
    pushf_
    popf_
    look
    expect_usual
    pushf_
    andl $~IF, (%rsp)
    popf_
    look
    expect_masked
    orl $IF, %edx
    push %rdx
    popf_
    look
    expect_usual
    zoo_end zoo_popf

    zoo zoo_popfw
    pushfw
    .cfi_adjust_cfa_offset 2
    andw $~IF, (%rsp)
    popfw
    .cfi_adjust_cfa_offset -2
    look
    expect_masked
    pushfw
    .cfi_adjust_cfa_offset 2
    orw $IF, (%rsp)
    popfw
    .cfi_adjust_cfa_offset -2
    look
    expect_usual
    zoo_end zoo_popfw

/* The instruction behind sti is not separated from it, and has interrupts on. */
    zoo zoo_cli_sti
    cli
    look
    expect_masked
    sti
    look
    expect_usual
    cli
    sti
    cli
    look
    expect_masked
    sti
    zoo_end zoo_cli_sti

/* The usual way to wait for an interrupt. It ends here, whoever ends it. */
    zoo zoo_sti_hlt
    cli
    sti
    hlt
    look
    expect_usual
    zoo_end zoo_sti_hlt

/* To the same ring, with interrupts on and off. */
    .macro iret_with flags
    movq %rsp, %rcx
    movl %ss, %esi
    push %rsi
    push %rcx
    push \flags
    movl %cs, %esi
    push %rsi
    leaq 1f(%rip), %rcx
    push %rcx
    iretq
1:
    .cfi_adjust_cfa_offset -40
    .endm

    zoo zoo_iret
    look
    iret_with %rdx
    look
    expect_usual
    andl $~IF, %edx
    iret_with %rdx
    look
    expect_masked
    orl $IF, %edx
    iret_with %rdx
    look
    expect_usual
    zoo_end zoo_iret

/* No trap and no interrupt between the two: a stack may be changed with them. */
    zoo zoo_mov_ss
    movl %ss, %ecx
    movl %ecx, %ss
    pushf_
    pop %rdx
    expect_usual
    push %rcx
    movw (%rsp), %ss
    pushf_
    pop %rdx
    pop %rcx
    expect_usual
    zoo_end zoo_mov_ss

/* The handler is step_zoo.c's: it finds the flags in its frame, and counts itself in ebx. */
    zoo zoo_int
    push %rbx
    .cfi_rel_offset rbx, 0
    xorl %ebx, %ebx
    int $ZOO_VECTOR
    cmpl $1, %ebx
    complain_if ne, ZOO_WRONG
    pop %rbx
    .cfi_restore rbx
    look
    expect_usual
    zoo_end zoo_int

/* rdi to rsi, n = rdx bytes; then the same bytes set to 0x5a. */
    zoo zoo_rep
    movq %rdi, %r8
    movq %rsi, %r9
    movq %rdx, %rcx
    xchgq %rsi, %rdi
    rep movsb
    testq %rcx, %rcx
    complain_if ne, ZOO_WRONG
    movq %r9, %rdi
    movq %r8, %rsi
    movq %rdx, %rcx
    repe cmpsb
    complain_if ne, ZOO_WRONG
    movl %eax, %r10d
    movq %r9, %rdi
    movq %rdx, %rcx
    movb $0x5a, %al
    rep stosb
    addq %r9, %rdx
    cmpq %rdx, %rdi
    movl %r10d, %eax
    complain_if ne, ZOO_WRONG
    look
    expect_usual
    zoo_end zoo_rep

/* rdi: a counter. */
    zoo zoo_lock
    movq (%rdi), %rdx
    movl $1, %ecx
    lock xaddq %rcx, (%rdi)
    cmpq %rdx, %rcx
    complain_if ne, ZOO_WRONG
    lock incq (%rdi)
    addq $2, %rdx
    cmpq %rdx, (%rdi)
    complain_if ne, ZOO_WRONG
    look
    expect_usual
    zoo_end zoo_lock

/*
 * TF is the program's own here: a #DB after each instruction from the one behind the first popf
 * to the last popf. ZOO_TRAPS counts them.
 */
    zoo zoo_trap
    pushf_
    orl $TF, (%rsp)
    popf_
    .globl zoo_trapped
zoo_trapped:
    nop
    pushf_
    movl (%rsp), %edx
    andl $~TF, (%rsp)
    cli
    popf_
    .globl zoo_trapped_end
zoo_trapped_end:
    testl $TF, %edx
    complain_if z, ZOO_TRAP_FLAG
    look
    expect_usual
    zoo_end zoo_trap
    .section .note.GNU-stack, "", @progbits
