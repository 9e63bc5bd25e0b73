/* context.h: what a thread has besides its stack. */
#ifndef KERNEL_CONTEXT_H
#define KERNEL_CONTEXT_H

struct cpu;
struct thread;

/*
 * Before thread_switch(): where entries from ring 3 find the next thread's stack, its address space
 * and its FPU registers. Both stacks are mapped in every address space.
 */
void context_prepare(struct cpu *cpu, const struct thread *from, const struct thread *to);

#endif
