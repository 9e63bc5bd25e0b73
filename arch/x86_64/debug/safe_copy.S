/*
 * safe_copy.S: size_t guarded_copy(void *to, const void *from, size_t n)
 *
 * Either side may fault at any byte. Wide accesses that fault are tried again byte by byte, so the
 * count returned is exact up to the page boundary.
 */
#include "guard.h"

	.cfi_sections .debug_frame
	.text
	.globl guarded_copy
	.type guarded_copy, @function
guarded_copy:
	.cfi_startproc
	movq %rdx, %rcx			/* rdx counts down what is left of rcx */
	cmpq $2, %rdx
	je .Lword
	cmpq $4, %rdx
	je .Ldword
.Lqwords:
	cmpq $8, %rdx
	jb .Lbytes
	guard .Lbytes, movq (%rsi), %rax
	guard .Lbytes, movq %rax, (%rdi)
	addq $8, %rsi
	addq $8, %rdi
	subq $8, %rdx
	jmp .Lqwords
.Lbytes:
	testq %rdx, %rdx
	jz .Ldone
	guard .Ldone, movb (%rsi), %al
	guard .Ldone, movb %al, (%rdi)
	incq %rsi
	incq %rdi
	decq %rdx
	jmp .Lbytes
.Lword:
	guard .Lbytes, movw (%rsi), %ax
	guard .Lbytes, movw %ax, (%rdi)
	xorl %edx, %edx
	jmp .Ldone
.Ldword:
	guard .Lbytes, movl (%rsi), %eax
	guard .Lbytes, movl %eax, (%rdi)
	xorl %edx, %edx
.Ldone:
	movq %rcx, %rax
	subq %rdx, %rax
	ret
	.cfi_endproc
	.size guarded_copy, . - guarded_copy
	.section .note.GNU-stack, "", @progbits
