/* start.S: where programs begin. The stack is as the System V ABI (3.4.1) has it: argc, argv ... */
#include "syscall_numbers.h"

    .text
    .globl _start
    .type _start, @function
_start:
    .cfi_startproc
    .cfi_undefined rip             /* nobody called */
    xorl %ebp, %ebp
    movq (%rsp), %rdi
    leaq 8(%rsp), %rsi
    call start_main
    ud2                            /* it does not return */
    .cfi_endproc
    .size _start, . - _start

/* long system_call(number, argument, argument, argument) */
    .globl system_call
    .type system_call, @function
system_call:
    .cfi_startproc
    movq %rdi, %rax
    movq %rsi, %rdi
    movq %rdx, %rsi
    movq %rcx, %rdx
    syscall
    ret
    .cfi_endproc
    .size system_call, . - system_call
    .section .note.GNU-stack, "", @progbits
