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

/* A thread of the kernel keeps no user's address space: its process may end meanwhile. */
static void switch_space(const struct thread *to)
{
    uint64_t root = to->space != NULL ? to->space->root : kernel_space.root;

    if (read_cr3() != root)
        write_cr3(root);
}

void context_prepare(struct cpu *cpu, const struct thread *from, const struct thread *to)
{
    cpu->kernel_stack = to->stack_top;
    descriptors_set_kernel_stack(cpu->index, to->stack_top);
    switch_fpu(from, to);
    switch_space(to);
}
