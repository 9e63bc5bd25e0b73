/*
 * zoo_ways.S: each function returns 0, or the number of what is not as it was. TF must never be
 * seen, IF always: an interrupt that comes between may not show either. (No iretq within ring 3:
 * with SMAP it faults in QEMU 7.2, which reads the image as if the kernel did.)
 */
#include "syscall_numbers.h"

#define CF 0x1
#define TF 0x100
#define IF 0x200
#define DF 0x400

    .text

    .macro way name
    .globl \name
    .type \name, @function
\name:
    .cfi_startproc
    .endm

    .macro way_end name
    .cfi_endproc
    .size \name, . - \name
    .endm

    .macro wrong_if condition, number
    movl $\number, %eax
    j\condition 9f
    .endm

/* The red zone below rsp is ours: nothing that comes by may write there. */
    .macro mark_red_zone
    movq $0x5eed, -8(%rsp)
    movq $0x5eed, -128(%rsp)
    .endm

    .macro check_red_zone
    cmpq $0x5eed, -8(%rsp)
    wrong_if ne, 20
    cmpq $0x5eed, -128(%rsp)
    wrong_if ne, 21
    .endm

    .macro look
    leaq -128(%rsp), %rsp
    .cfi_adjust_cfa_offset 128
    pushfq
    .cfi_adjust_cfa_offset 8
    popq %rdx
    .cfi_adjust_cfa_offset -8
    leaq 128(%rsp), %rsp
    .cfi_adjust_cfa_offset -128
    .endm

    .macro check_flags
    testl $TF, %edx
    wrong_if nz, 30
    testl $IF, %edx
    wrong_if z, 31
    .endm

/* rdi: our pid. rcx gets the address behind, r11 the flags before: without TF, and with IF. */
    way zoo_syscall
    mark_red_zone
    movq %rsp, %r8
    movl $SYS_GETPID, %eax
    movl $0x1234, %r9d
    syscall
    .globl zoo_syscall_done
zoo_syscall_done:
    cmpq %rdi, %rax
    wrong_if ne, 1
    leaq zoo_syscall_done(%rip), %rax
    cmpq %rax, %rcx
    wrong_if ne, 2
    movq %r11, %rdx
    check_flags
    look
    check_flags
    cmpq %rsp, %r8
    wrong_if ne, 3
    cmpq $0x1234, %r9
    wrong_if ne, 4
    check_red_zone
    xorl %eax, %eax
9:  ret
    way_end zoo_syscall

/* Carry and direction flag come back as they went. */
    way zoo_syscall_flags
    stc
    std
    movl $SYS_GETPID, %eax
    syscall
    look
    cld
    testl $CF, %edx
    wrong_if z, 1
    testl $DF, %edx
    wrong_if z, 2
    check_flags
    xorl %eax, %eax
9:  ret
    way_end zoo_syscall_flags

    way zoo_int80
    mark_red_zone
    movl $SYS_GETPID, %eax
    movl $0x1111, %ecx
    movl $0x2222, %r11d
    stc
    int $0x80
    look
    cmpq %rdi, %rax
    wrong_if ne, 1
    cmpq $0x1111, %rcx
    wrong_if ne, 2
    cmpq $0x2222, %r11
    wrong_if ne, 3
    testl $CF, %edx
    wrong_if z, 4
    check_flags
    check_red_zone
    xorl %eax, %eax
9:  ret
    way_end zoo_int80

    .section .note.GNU-stack, "", @progbits
