/*
 * thread_stack.h: stacks of threads, made of pages of their own, with unmapped memory around: what
 * runs over an end faults, and so does what still points into the stack of a thread that is gone.
 */
#ifndef KERNEL_THREAD_STACK_H
#define KERNEL_THREAD_STACK_H

#include <stdbool.h>
#include <stdint.h>

#define THREAD_STACK_SIZE 0x4000

/* The lowest address of a new stack; 0: no memory. */
uint64_t thread_stack_make(void);

/*
 * Unmap a stack that nobody runs on any more; its memory is to be given to thread_stack_free() once
 * no CPU can see it there: smp.h. Addresses are used again, but the longest unused first.
 */
uint64_t thread_stack_unmap(uint64_t stack);
void thread_stack_free(uint64_t memory);

#endif
