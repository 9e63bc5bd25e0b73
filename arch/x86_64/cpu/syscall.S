/*
 * syscall.S: SYSCALL to syscall_dispatch() and back, through the frame that interrupts have too, so
 * that a debugger sees and unwinds one as the other; and the first way to ring 3.
 */
#include "cpu.h"
#include "cpu/descriptors.h"
#include "cpu/trap_asm.h"
#include "frame_asm.h"

#define USER_SS (USER_DATA | 3)
#define USER_CS (USER_CODE | 3)
#define FLAG_TF 0x100
#define FLAG_RF 0x10000

    .cfi_sections .debug_frame
    .section .text.entry, "ax"

/*
 * SYSCALL leaves rip in rcx, the flags in r11, and rsp as it was: the program's, which nothing may
 * be written to. No interrupt comes before there is a stack (IA32_FMASK), but NMI and #MC do: they
 * have stacks of their own and look at GS (trap.S).
 */
    .globl syscall_entry
    .type syscall_entry, @function
syscall_entry:
    begin_interrupted_rules
    .cfi_def_cfa rsp, 0
    .cfi_register rip, rcx
    .cfi_register rflags, r11
    .cfi_val_offset rsp, 0
    .cfi_undefined cs
    .cfi_undefined ss
    swapgs
    movq %r11, %gs:CPU_USER_FLAGS
    movq %gs:CPU_KERNEL_STACK, %r11
    .cfi_undefined rflags          /* they are behind GS, which no unwinder can say; rsp never is */
    .cfi_undefined r11
    movq %rsp, (FRAME_RSP - FRAME_SIZE)(%r11)
    movq %r11, %rsp
    .cfi_offset rsp, FRAME_RSP - FRAME_SIZE
    push_word USER_SS
    .cfi_offset ss, FRAME_SS - FRAME_SIZE
    leaq -8(%rsp), %rsp            /* the program's rsp is there */
    .cfi_adjust_cfa_offset 8
    movq %gs:CPU_USER_FLAGS, %r11
    .cfi_register rflags, r11
    .cfi_same_value r11
    pushq %r11
    .cfi_adjust_cfa_offset 8
    .cfi_offset rflags, FRAME_RFLAGS - FRAME_SIZE
    push_word USER_CS
    .cfi_offset cs, FRAME_CS - FRAME_SIZE
    pushq %rcx
    .cfi_adjust_cfa_offset 8
    .cfi_offset rip, FRAME_RIP - FRAME_SIZE
    push_word 0                    /* error code */
    push_word VECTOR_SYSCALL
    movl $FRAME_SWAPGS, (FRAME_ENTRY_FLAGS - FRAME_VECTOR)(%rsp)
    push_trap_frame
    movq %rsp, %rdi
    call syscall_dispatch

/*
 * Back with interrupts off. SYSRET is the shorter way where it does the same as IRETQ: the program
 * finds rip in rcx and the flags in r11. rip has to be a program's: on Intel's processors SYSRET to
 * a non-canonical one faults in ring 0, on the program's stack. RF and TF are for IRETQ.
 */
    movq FRAME_RIP(%rsp), %rax
    cmpq FRAME_RCX(%rsp), %rax
    jne .Lby_iret
    shrq $47, %rax
    jnz .Lby_iret
    movq FRAME_RFLAGS(%rsp), %rax
    cmpq FRAME_R11(%rsp), %rax
    jne .Lby_iret
    testq $(FLAG_TF | FLAG_RF), %rax
    jnz .Lby_iret
    cmpq $USER_CS, FRAME_CS(%rsp)
    jne .Lby_iret
    cmpq $USER_SS, FRAME_SS(%rsp)
    jne .Lby_iret
    .cfi_remember_state
    .irp register, r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax
    pop_register \register
    .endr
    .cfi_register rip, rcx
    .cfi_register rflags, r11
    movq (FRAME_RSP - FRAME_VECTOR)(%rsp), %rsp
    .cfi_def_cfa rsp, 0
    .cfi_val_offset rsp, 0
    .cfi_undefined cs
    .cfi_undefined ss
    swapgs
    sysretq
    .cfi_restore_state
.Lby_iret:
    leave_trap_frame
    .cfi_endproc
    .size syscall_entry, . - syscall_entry

/* void user_enter(struct trap_frame *frame = rdi) */
    .globl user_enter
    .type user_enter, @function
user_enter:
    .cfi_startproc
    .cfi_undefined rip             /* what called is done with, and ring 3 has not begun */
    cli
    movq %rdi, %rsp
    leave_trap_frame
    .cfi_endproc
    .size user_enter, . - user_enter

/*
 * size_t user_copy(to = rdi, from = rsi, n = rdx): what is left. One of the two is a program's, and
 * may fault: user_copy_failed(). STAC is #UD on a processor without SMAP.
 */
    .text
    .globl user_copy
    .type user_copy, @function
user_copy:
    .cfi_startproc
    movq %rdx, %rcx
    cmpb $0, cpu_has_smap(%rip)
    je user_copy_access
    stac
    .globl user_copy_access
user_copy_access:
    rep movsb
    .globl user_copy_end
user_copy_end:
    cmpb $0, cpu_has_smap(%rip)
    je 1f
    clac
1:  movq %rcx, %rax
    ret
    .cfi_endproc
    .size user_copy, . - user_copy
    .section .note.GNU-stack, "", @progbits
