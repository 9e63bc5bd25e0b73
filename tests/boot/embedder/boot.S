/*
 * boot.S: the smallest way from QEMU's -kernel (PVH: 32-bit protected mode, paging off) to C in long
 * mode, where the first GiB is mapped as it is, and from the vectors to C and back.
 */
#include "frame_asm.h"

    .cfi_sections .debug_frame

    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 8, 18                 /* XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .quad boot

    .text
    .code32
    .globl boot
boot:
    movl $(tables + 0x1000 + 3), tables        /* present, writable */
    movl $(tables + 0x2000 + 3), tables + 0x1000
    xorl %ecx, %ecx
1:  movl %ecx, %eax
    shll $21, %eax
    orl $0x83, %eax                            /* a page of 2 MiB */
    movl %eax, tables + 0x2000(, %ecx, 8)
    incl %ecx
    cmpl $512, %ecx
    jb 1b
    movl $0x20, %eax                           /* CR4.PAE */
    movl %eax, %cr4
    movl $tables, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx                     /* EFER.LME */
    movl $0x100, %eax
    xorl %edx, %edx
    wrmsr
    movl $0x80010001, %eax                     /* CR0: PG, WP, PE */
    movl %eax, %cr0
    lgdt gdt_pointer
    ljmp $8, $long_mode

    .code64
    .type long_mode, @function
long_mode:
    .cfi_startproc
    .cfi_undefined rip             /* nobody called: every backtrace ends here */
    movl $16, %eax
    movl %eax, %ss
    movq $stack_top, %rsp
    xorl %ebp, %ebp
    call main
1:  hlt
    jmp 1b
    .cfi_endproc
    .size long_mode, . - long_mode

/* Vectors 0..47: the processor's, and those of the two PICs. */
    .altmacro
    .section .text.entry, "ax"
    .balign 16
    .globl vectors
vectors:
    .set number, 0
    .rept 48
    trap_vector vector_, %number, entry
    .set number, number + 1
    .endr
    .noaltmacro

    .type entry, @function
entry:
    begin_trap_frame 16
    push_trap_frame
    cld
    movq %rsp, %rdi
    call trap
    leave_trap_frame
    .cfi_endproc
    .size entry, . - entry

    .data
    .balign 8
    .globl gdt
gdt:
    .quad 0, 0x00209b0000000000, 0x0000930000000000, 0, 0 /* code, data, room for a TSS */
gdt_pointer:
    .short gdt_pointer - gdt - 1
    .quad gdt

    .bss
    .balign 0x1000
tables:
    .skip 0x3000
    .skip 0x4000
stack_top:
    .section .note.GNU-stack, "", @progbits
