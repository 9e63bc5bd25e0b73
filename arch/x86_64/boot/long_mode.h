/*
 * long_mode.h: from 32-bit protected mode to paging and 64 bits, for the first CPU and for those
 * that it starts (Intel SDM vol. 3, 9.8.5 "Initializing IA-32e Mode").
 */
#ifndef KERNEL_LONG_MODE_H
#define KERNEL_LONG_MODE_H

#include "mm/layout.h"

/* The same as - KERNEL_VMA, in a form that the assembler also takes for other files' symbols. */
#define KERNEL_SIZE_MAX 0x80000000
#define PHYSICAL(symbol) ((symbol) + KERNEL_SIZE_MAX)
#if KERNEL_VMA + KERNEL_SIZE_MAX != 0
#error "the kernel's part ends with the address space"
#endif

#define CR0_PE 0x00000001
#define CR0_WP 0x00010000
#define CR0_PG 0x80000000
#define CR4_PAE 0x00000020
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100
#define EFER_NXE 0x800
#define CPUID_EXTENDED 0x80000001
#define CPUID_LONG_MODE 29         /* bits of that leaf's edx */
#define CPUID_NX 20

/* ebp: edx of CPUID_EXTENDED. Uses eax, ecx and edx. A far jump to 64-bit code has to follow. */
    .macro enable_long_mode
    movl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $PHYSICAL(boot_pml4), %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LME, %eax
    btl $CPUID_NX, %ebp
    jnc .Lno_nx\@
    orl $EFER_NXE, %eax
.Lno_nx\@:
    wrmsr
    movl $(CR0_PG | CR0_WP | CR0_PE), %eax
    movl %eax, %cr0
    .endm

#endif
