/*
 * boot.S: from a boot loader's 32-bit protected mode, paging off, to C in the higher half.
 *
 * Two ways in, both with the kernel at its physical addresses and a pointer in ebx:
 *   PVH (Xen, docs/misc/pvh.pandoc), how QEMU's -kernel starts an ELF64 image;
 *   multiboot2 (specification 2.0, 3.3 "I386 machine state"), how GRUB does.
 */
#include "boot/ap_start.h"
#include "boot/boot_info.h"
#include "boot/long_mode.h"
#include "cpu/stack.h"
#include "mm/layout.h"

    .cfi_sections .debug_frame

    .globl layout_kernel_vma
    .set layout_kernel_vma, KERNEL_VMA
    .globl layout_load_address, layout_slide_min
    .set layout_load_address, KERNEL_LOAD_ADDRESS
    .set layout_slide_min, 0x1000000

    .section .note.pvh, "a", @note
    .balign 4
    .long 4                        /* size of the name */
    .long 8                        /* size of the value: QEMU reads 8 bytes of it for an ELF64 */
    .long 18                       /* XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .quad PHYSICAL(boot_pvh)

#define MULTIBOOT2_HEADER_MAGIC 0xe85250d6
#define MULTIBOOT2_LOADER_MAGIC 0x36d76289
#define TAG_ENTRY 3
#define TAG_MODULE_ALIGNMENT 6

    .section .boot.header, "a"
    .balign 8
multiboot2_header:
    .long MULTIBOOT2_HEADER_MAGIC
    .long 0                        /* i386 */
    .long multiboot2_end - multiboot2_header
    .long -(MULTIBOOT2_HEADER_MAGIC + multiboot2_end - multiboot2_header)
    .balign 8
    .short TAG_ENTRY, 0
    .long 12
    .long PHYSICAL(boot_multiboot2)
    .balign 8
    .short TAG_MODULE_ALIGNMENT, 0
    .long 8
    .balign 8
    .short 0, 0                    /* end of tags */
    .long 8
multiboot2_end:

#define PAGE_PRESENT_WRITE 0x003
#define PAGE_LARGE 0x080


    .section .boot.text, "ax"
    .code32
    .globl boot_pvh
boot_pvh:
    movl $BOOT_PVH, %edi
    jmp enter_long_mode

    .globl boot_multiboot2
boot_multiboot2:
    cmpl $MULTIBOOT2_LOADER_MAGIC, %eax
    jne boot_hopeless
    movl $BOOT_MULTIBOOT2, %edi

/* edi: the protocol, ebx: its structure. They stay in edi and esi until boot_main. */
enter_long_mode:
    cli
    cld
    movl %ebx, %esi
    movl $0x80000000, %eax
    cpuid
    cmpl $CPUID_EXTENDED, %eax
    jb boot_hopeless
    movl $CPUID_EXTENDED, %eax
    cpuid
    btl $CPUID_LONG_MODE, %edx
    jnc boot_hopeless
    movl %edx, %ebp                /* for the NX bit */

/* 2048 pages of 2 MiB: the first 4 GiB. The loader has cleared the tables: they are in .bss. */
    xorl %ecx, %ecx
1:  movl %ecx, %eax
    shll $21, %eax
    orl $(PAGE_LARGE | PAGE_PRESENT_WRITE), %eax
    movl %eax, PHYSICAL(boot_pd)(, %ecx, 8)
    incl %ecx
    cmpl $2048, %ecx
    jb 1b

/* Those with the stack are small pages, without the one below it: an overflow faults there. */
    movl $PHYSICAL(boot_stack), %ebx
    andl $-(512 * PAGE_SIZE), %ebx
    leal PAGE_PRESENT_WRITE(%ebx), %eax
    xorl %ecx, %ecx
3:  movl %eax, PHYSICAL(boot_pt)(, %ecx, 8)
    addl $PAGE_SIZE, %eax
    incl %ecx
    cmpl $512, %ecx
    jb 3b
    shrl $(21 - 3), %ebx
    movl $(PHYSICAL(boot_pt) + PAGE_PRESENT_WRITE), PHYSICAL(boot_pd)(%ebx)
    movl $PHYSICAL(boot_stack), %ebx
    shrl $12, %ebx
    andl $511, %ebx
    movl $0, PHYSICAL(boot_pt)(, %ebx, 8)

/* They are seen at 0, at DIRECT_MAP, and the first two GiB of them at KERNEL_VMA. */
    xorl %ecx, %ecx
    movl $(PHYSICAL(boot_pd) + PAGE_PRESENT_WRITE), %eax
2:  movl %eax, PHYSICAL(boot_pdpt_low)(, %ecx, 8)
    addl $PAGE_SIZE, %eax
    incl %ecx
    cmpl $4, %ecx
    jb 2b
    movl $(PHYSICAL(boot_pd) + PAGE_PRESENT_WRITE), PHYSICAL(boot_pdpt_high) + 510 * 8
    movl $(PHYSICAL(boot_pd) + PAGE_SIZE + PAGE_PRESENT_WRITE), PHYSICAL(boot_pdpt_high) + 511 * 8
    movl $(PHYSICAL(boot_pdpt_low) + PAGE_PRESENT_WRITE), PHYSICAL(boot_pml4)
    movl $(PHYSICAL(boot_pdpt_low) + PAGE_PRESENT_WRITE), PHYSICAL(boot_pml4) + DIRECT_MAP_ENTRY * 8
    movl $(PHYSICAL(boot_pdpt_high) + PAGE_PRESENT_WRITE), PHYSICAL(boot_pml4) + 511 * 8

    enable_long_mode
    lgdt PHYSICAL(boot_gdt_pointer)
    ljmp $8, $PHYSICAL(enter_higher_half)

/* Not a 64-bit processor, or not our loader. No console yet: say so where it may be seen. */
#define DEBUG_CONSOLE 0xe9
#define VGA_TEXT 0xb8000
#define VGA_WHITE_ON_RED 0x4f
boot_hopeless:
    cli
    cld
    movl $PHYSICAL(hopeless_text), %esi
    movl $VGA_TEXT, %edi
    movb $VGA_WHITE_ON_RED, %ah
4:  lodsb
    testb %al, %al
    jz 5f
    outb %al, $DEBUG_CONSOLE
    stosw
    jmp 4b
5:  hlt
    jmp 5b

    .section .rodata
hopeless_text:
    .asciz "Trapline needs a 64-bit processor and a multiboot2 or PVH loader. "

    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00209b0000000000       /* 64-bit code */
    .quad 0x0000930000000000       /* data; both accessed already, so that nobody writes here */
boot_gdt_pointer:
    .short boot_gdt_pointer - boot_gdt - 1
    .long PHYSICAL(boot_gdt)
boot_gdt_pointer_high:
    .short boot_gdt_pointer - boot_gdt - 1
    .quad boot_gdt

    .section .boot.text, "ax"
    .code64
enter_higher_half:
    movabsq $boot_linked, %rax
    jmp *%rax

/* At the linked address, which the kernel may be about to leave. */
    .text
    .type boot_linked, @function
boot_linked:
    .cfi_startproc
    .cfi_undefined rip             /* nobody called: every backtrace ends here */
    movl $16, %eax
    movl %eax, %ss
    movl %eax, %ds
    movl %eax, %es
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    movq $(boot_stack + GUARDED_STACK_SIZE), %rsp
    xorl %ebp, %ebp
    movl %edi, %edi                /* the upper halves are undefined after the switch of modes */
    movl %esi, %esi
    pushq %rdi
    pushq %rsi
    call boot_slide                /* rax: how far the kernel is to move; its addresses have */
    popq %rsi
    popq %rdi
    movabsq $boot_high, %rdx
    jmp *%rdx
    .cfi_endproc
    .size boot_linked, . - boot_linked

    .globl boot_high
    .type boot_high, @function
boot_high:
    .cfi_startproc
    .cfi_undefined rip
    xorl %ebp, %ebp
    movq $(boot_stack + GUARDED_STACK_SIZE), %rsp
    pushq %rdi
    pushq %rsi
    movq %rax, %rdi
    call boot_slide_done
    lgdt boot_gdt_pointer_high
    movq $0, boot_pml4             /* nothing at 0 any more: a null pointer is found out */
    movq %cr3, %rax
    movq %rax, %cr3
    call debug_early_init          /* a bug in what follows ends in the debugger */
    popq %rsi
    popq %rdi
    call boot_main
1:  cli
    hlt
    jmp 1b
    .cfi_endproc
    .size boot_high, . - boot_high

    .section .bss.boot_tables, "aw", @nobits
    .balign PAGE_SIZE
    .globl boot_pml4
boot_pml4:
    .skip PAGE_SIZE
boot_pdpt_low:
    .skip PAGE_SIZE
    .globl boot_pdpt_high
boot_pdpt_high:
    .skip PAGE_SIZE
    .globl boot_pd
boot_pd:
    .skip 4 * PAGE_SIZE
boot_pt:
    .skip PAGE_SIZE

    .section .bss.stacks, "aw", @nobits
    .balign PAGE_SIZE
    .globl boot_stack
    .type boot_stack, @object
    .size boot_stack, GUARDED_STACK_SIZE
boot_stack:
    .skip GUARDED_STACK_SIZE
