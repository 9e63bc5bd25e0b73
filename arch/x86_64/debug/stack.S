/*
 * stack.S: onto the debugger's own stack, and from it back into the debuggee.
 */
#include "frame.h"

	.cfi_sections .debug_frame
	.text

/* void stack_switch(f = rdi, cpu = rsi, top = rdx). No frame lies above f: unwinders end there. */
	.globl stack_switch
	.type stack_switch, @function
stack_switch:
	.cfi_startproc
	.cfi_undefined rip
	movq %rdx, %rsp
	pushq $2			/* reserved bit 1 of rflags, all else clear */
	popfq
	xorl %ebp, %ebp
	movq %rdi, %rax
	movq %rsi, %rdi
	call *%rax
	ud2
	.cfi_endproc
	.size stack_switch, . - stack_switch

/* void stack_leave(frame = rdi, stopped = rsi): from here on a trap is the frame's fault. */
	.globl stack_leave
	.type stack_leave, @function
stack_leave:
	.cfi_startproc
	.cfi_undefined rip
	movb $0, (%rsi)
	movq %rdi, %rsp
	testb $FRAME_SWAPGS, FRAME_ENTRY_FLAGS(%rsp)
	jz 1f
	swapgs
1:	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %r11
	popq %r10
	popq %r9
	popq %r8
	popq %rbp
	popq %rdi
	popq %rsi
	popq %rdx
	popq %rcx
	popq %rbx
	popq %rax
	addq $(FRAME_RIP - FRAME_VECTOR), %rsp
	iretq
	.globl stack_leave_end
stack_leave_end:
	.cfi_endproc
	.size stack_leave, . - stack_leave

/* void stack_admit_nmi(void): by an iretq, which ends the blocking of NMIs (SDM vol. 3, 6.7.1) */
	.globl stack_admit_nmi
	.type stack_admit_nmi, @function
stack_admit_nmi:
	.cfi_startproc
	popq %rdx
	.cfi_adjust_cfa_offset -8
	.cfi_register rip, rdx
	movq %rsp, %rax
	movl %ss, %ecx
	pushq %rcx
	.cfi_adjust_cfa_offset 8
	pushq %rax
	.cfi_adjust_cfa_offset 8
	pushfq
	.cfi_adjust_cfa_offset 8
	movl %cs, %ecx
	pushq %rcx
	.cfi_adjust_cfa_offset 8
	pushq %rdx
	.cfi_adjust_cfa_offset 8
	iretq
	.cfi_endproc
	.size stack_admit_nmi, . - stack_admit_nmi

/* bool recovery_mark(point = rdi): struct recovery_point in state.h */
	.globl recovery_mark
	.type recovery_mark, @function
recovery_mark:
	.cfi_startproc
	movq %rbx, 0(%rdi)
	movq %rbp, 8(%rdi)
	movq %r12, 16(%rdi)
	movq %r13, 24(%rdi)
	movq %r14, 32(%rdi)
	movq %r15, 40(%rdi)
	leaq 8(%rsp), %rax		/* rsp as the caller has it after the return */
	movq %rax, 48(%rdi)
	movq (%rsp), %rax
	movq %rax, 56(%rdi)
	xorl %eax, %eax
	ret
	.cfi_endproc
	.size recovery_mark, . - recovery_mark
	.section .note.GNU-stack, "", @progbits
