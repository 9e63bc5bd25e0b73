/* fault_memory.c: memory that is used in ways it is not meant for. */
#include <stdint.h>

#include "cpu.h"
#include "demo/fault_kinds.h"
#include "kmalloc.h"
#include "mm/paging.h"
#include "thread.h"

#define NOWHERE     0xffffc00000000000 /* in the kernel's half, between what layout.h has there */
#define HOLE        0x8000000000000000 /* no address */
#define USER        0x7fff00000000     /* no program has anything there */
#define RESERVED    0xffffd08000000000
#define BEYOND      (1ull << 51) /* no processor of today has physical memory there */
#define STACK_LEFT  3072         /* what the way into the debugger needs is less */

void fault_not_mapped(void)
{
    (void)*(volatile uint64_t *)NOWHERE;
}

void fault_user_address(void)
{
    (void)*(volatile uint64_t *)USER;
}

/* The buffer that was too small was on the stack. */
void fault_smashed_return(void)
{
    __asm__ volatile("pushq %0; ret" : : "r"(NOWHERE) : "memory");
}

void fault_wild_call(void)
{
    __asm__ volatile("call *%0" : : "r"(HOLE) : "memory");
}

void fault_text_write(void)
{
    *(volatile uint8_t *)__text_start = 0x90;
}

/* A local array that is larger than what is left of the stack. */
void fault_stack_guard(void)
{
    __asm__ volatile("movq %%rsp, %%rax\n\t"
                     "movq %0, %%rsp\n\t"
                     "movq $0, %c1(%%rsp)\n\t"
                     "movq %%rax, %%rsp"
                     :
                     : "r"(current_thread()->stack + STACK_LEFT), "i"(-STACK_LEFT - 8)
                     : "rax", "memory");
}

/* The mapping stays: an entry that the processor cannot use. */
void fault_reserved_bit(void)
{
    struct mapping mapping;

    if (!paging_lookup(&kernel_space, RESERVED, &mapping))
        paging_map(&kernel_space, RESERVED, BEYOND, PAGE_SIZE, MAP_WRITE);
    (void)*(volatile uint64_t *)RESERVED;
}

void fault_unaligned(void)
{
    __asm__ volatile("movaps 1(%%rsp), %%xmm0" : : : "memory");
}

/* Into the middle of an instruction: 0x06 was push %es, in the days of 32 bits. */
void fault_no_code(void)
{
    __asm__ volatile("leaq 1f+1(%%rip), %%rax\n\t"
                     "jmp *%%rax\n"
                     "1: movl $0x06060606, %%eax"
                     :
                     :
                     : "rax");
}

void fault_use_after_free(void)
{
    struct node {
        uint64_t payload[8];
        volatile struct node *volatile next;
    } *node = kcalloc(1, sizeof(*node));

    if (node == NULL)
        return;
    kfree(node);
    (void)node->next->payload[5];
}
