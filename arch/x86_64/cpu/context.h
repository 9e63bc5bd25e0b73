/* context.h: what a thread has besides its stack. */
#ifndef KERNEL_CONTEXT_H
#define KERNEL_CONTEXT_H

struct cpu;
struct thread;

/*
 * Before thread_switch(): where entries from ring 3 find the next thread's stack, its address space
 * and its FPU registers and bases. Both stacks are mapped in every address space.
 */
void context_prepare(struct cpu *cpu, struct thread *from, const struct thread *to);

/* Ring 3's FS and GS bases, of the current thread: from the processor, and to it. */
void context_keep_bases(struct thread *thread);
void context_use_bases(const struct thread *thread);

#endif
