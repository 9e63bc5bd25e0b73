/*
 * guarded_call.S: struct guarded_result guarded_call_here(int (*function)(void))
 *
 * What the caller wants back lies on the stack, and where that is in guarded_call_stack: an
 * exception gets out by loading rsp from there.
 */
    .cfi_sections .debug_frame
    .text
    .globl guarded_call_here
    .type guarded_call_here, @function
guarded_call_here:
    .cfi_startproc
    .irp reg, rbp, rbx, r12, r13, r14, r15
    pushq %\reg
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset \reg, 0
    .endr
    subq $8, %rsp                  /* calls start 16-byte aligned */
    .cfi_adjust_cfa_offset 8
    movq %rsp, %rax
    movq %rax, guarded_call_stack
    call *%rdi
    movslq %eax, %rax
    movq $-1, %rdx

/* Or from the exception, with its vector in rdx. */
    .globl guarded_call_end
guarded_call_end:
    movq $0, guarded_call_stack
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    .irp reg, r15, r14, r13, r12, rbx, rbp
    popq %\reg
    .cfi_adjust_cfa_offset -8
    .cfi_restore \reg
    .endr
    ret
    .cfi_endproc
    .size guarded_call_here, . - guarded_call_here
