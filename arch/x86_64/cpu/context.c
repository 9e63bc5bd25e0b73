/* context.c: the parts of a switch that are no secret of the assembler's. */
#include "cpu/context.h"

#include "cpu.h"
#include "cpu/descriptors.h"
#include "cpu/instructions.h"
#include "mm/paging.h"
#include "thread.h"

/* The kernel itself never uses the FPU: only who has a place for its registers can change them. */
static void switch_fpu(const struct thread *from, const struct thread *to)
{
    if (from->fpu != NULL)
        __asm__ volatile("fxsave64 (%0)" : : "r"(from->fpu) : "memory");
    if (to->fpu != NULL)
        __asm__ volatile("fxrstor64 (%0)" : : "r"(to->fpu) : "memory");
}

void context_keep_bases(struct thread *thread)
{
    thread->fs_base = read_msr(MSR_FS_BASE);
    thread->gs_base = read_msr(MSR_KERNEL_GS_BASE);
}

void context_use_bases(const struct thread *thread)
{
    write_msr(MSR_FS_BASE, thread->fs_base);
    write_msr(MSR_KERNEL_GS_BASE, thread->gs_base);
}

/* The kernel does not use FS, and its GS is the processor's. */
static void switch_bases(struct thread *from, const struct thread *to)
{
    if (from->fpu != NULL)
        context_keep_bases(from);
    if (to->fpu != NULL)
        context_use_bases(to);
}

/* A thread of the kernel keeps no user's address space: its process may end meanwhile. */
static void switch_space(const struct thread *to)
{
    uint64_t root = to->space != NULL ? to->space->root : kernel_space.root;

    if (read_cr3() != root)
        write_cr3(root);
}

void context_prepare(struct cpu *cpu, struct thread *from, const struct thread *to)
{
    cpu->kernel_stack = to->stack_top;
    descriptors_set_kernel_stack(cpu->index, to->stack_top);
    switch_fpu(from, to);
    switch_bases(from, to);
    switch_space(to);
}
