/*
 * stack.h: kernel stacks that fault when they overflow. Each is a guard page, which the page tables
 * leave out, and the stack above it; linker.ld collects them between __stacks_start and _end, where
 * arch/x86_64/mm/kernel_map.c finds their guards.
 */
#ifndef KERNEL_STACK_H
#define KERNEL_STACK_H

#include "mm/layout.h"

#define STACK_SIZE         0x4000
#define GUARDED_STACK_SIZE (PAGE_SIZE + STACK_SIZE)

#ifndef __ASSEMBLER__

struct guarded_stack {
    uint8_t guard[PAGE_SIZE];
    uint8_t memory[STACK_SIZE];
};
_Static_assert(sizeof(struct guarded_stack) == GUARDED_STACK_SIZE, "boot.S lays one out by hand");

#define GUARDED_STACK __attribute__((section(".bss.stacks"), aligned(PAGE_SIZE)))

static inline uint64_t stack_top(const struct guarded_stack *stack)
{
    return (uint64_t)(stack + 1);
}

#endif
#endif
