/*
 * ap_start.S: how the other CPUs come up. A startup IPI lets one begin in real mode at the start of
 * a page below 1 MiB; a copy of the few instructions there leads to the rest, in the image. The
 * page tables of boot.S, where low memory is executable, take it to the kernel's own.
 */
#include "boot/ap_start.h"
#include "boot/long_mode.h"
#include "cpu.h"
#include "mm/layout.h"

    .cfi_sections .debug_frame

#define AP_CODE_64 0x08
#define AP_DATA    0x10
#define AP_CODE_32 0x18

    .section .boot.text, "ax"
    .code16
    .globl ap_trampoline, ap_trampoline_end
ap_trampoline:
    cli
    movw %cs, %ax                  /* this page: the SIPI has set cs, ip is 0 */
    movw %ax, %ds
    lgdtl AP_GDT_POINTER
    movl %cr0, %eax
    orl $CR0_PE, %eax
    movl %eax, %cr0
    ljmpl $AP_CODE_32, $PHYSICAL(ap_protected)
ap_trampoline_end:

    .code32
ap_protected:
    movl $AP_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl $CPUID_EXTENDED, %eax
    cpuid
    movl %edx, %ebp
    enable_long_mode
    ljmp $AP_CODE_64, $PHYSICAL(ap_long)

    .code64
ap_long:
    movabsq $ap_high, %rax
    jmp *%rax

    .text
    .globl ap_high
    .type ap_high, @function
ap_high:
    .cfi_startproc
    .cfi_undefined rip             /* nobody called: every backtrace ends here */
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    movq kernel_space(%rip), %rax  /* its member root: the stack is mapped only there */
    movq %rax, %cr3
    xorl %edi, %edi
    xchgq %rdi, ap_starting(%rip)  /* who comes too late finds that it is not wanted any more */
    testq %rdi, %rdi
    jz 1f
    movq CPU_KERNEL_STACK(%rdi), %rsp
    xorl %ebp, %ebp
    call ap_main
1:  cli
    hlt
    jmp 1b
    .cfi_endproc
    .size ap_high, . - ap_high
    .section .rodata
    .balign 8
ap_gdt:
    .quad 0
    .quad 0x00209b0000000000       /* 64-bit code, as in boot.S */
    .quad 0x00cf93000000ffff       /* flat data */
    .quad 0x00cf9b000000ffff       /* flat 32-bit code */
    .globl ap_gdt_pointer
ap_gdt_pointer:
    .short ap_gdt_pointer - ap_gdt - 1
    .long PHYSICAL(ap_gdt)

    .section .note.GNU-stack, "", @progbits
