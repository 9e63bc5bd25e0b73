/*
 * descriptors.c: the tables that the processor itself reads: segments, stacks for the vectors that
 * must not trust the current one, and a gate for each of the 256 vectors.
 */
#include "cpu/descriptors.h"

#include <stddef.h>

#include "cpu.h"
#include "cpu/instructions.h"
#include "cpu/stack.h"
#include "cpu/syscall.h"
#include "cpu/trap.h"

#define VECTORS 256

/* Present, 64-bit, accessed already, so that the processor never has to write to the table. */
#define KERNEL_CODE_SEGMENT 0x00209b0000000000
#define KERNEL_DATA_SEGMENT 0x0000930000000000
#define USER_DATA_SEGMENT   0x0000f30000000000
#define USER_CODE_SEGMENT   0x0020fb0000000000

struct task_state {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7]; /* "IST 1" is the first */
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;
} __attribute__((packed));
_Static_assert(sizeof(struct task_state) == TASK_STATE_LAST + 1, "SDM vol. 3, figure 7-11");

struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t ist;
    uint8_t attributes;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};
_Static_assert(sizeof(struct gate) == 16, "SDM vol. 3, figure 6-8");

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

enum {
    GATE_PRESENT = 0x80,
    GATE_INTERRUPT = 0x8e,      /* present, DPL 0; enters with interrupts off */
    GATE_INTERRUPT_USER = 0xee, /* ... and ring 3 may say "int n" */
};

/* trap.S: one entry for each vector, this far apart. */
extern uint8_t trap_vectors[];
#define TRAP_VECTOR_SIZE 16

/*
 * A vector that can come at any instruction, or because the stack is gone, has its own stack. Not
 * so #DB: a watchpoint hit and a single step of one instruction arrive as two #DBs under QEMU, the
 * second at the first instruction of the handler, and it would overwrite the frame of the first.
 */
enum { IST_NONE, IST_NMI, IST_DOUBLE_FAULT, IST_MACHINE_CHECK, IST_END };
#define IST_STACKS (IST_END - 1)
_Static_assert(offsetof(struct task_state, ist[IST_MACHINE_CHECK - 1]) == TASK_STATE_MACHINE_CHECK,
               "descriptors.h says where");

GUARDED_STACK static struct guarded_stack stacks[CPUS_MAX][IST_STACKS];

static struct task_state task_states[CPUS_MAX];
static struct gate idt[VECTORS] __attribute__((aligned(16)));
static uint64_t gdt[(TASK_STATE + CPUS_MAX * TASK_STATE_SIZE) / 8] = {
    [KERNEL_CODE / 8] = KERNEL_CODE_SEGMENT,
    [KERNEL_DATA / 8] = KERNEL_DATA_SEGMENT,
    [USER_DATA / 8] = USER_DATA_SEGMENT,
    [USER_CODE / 8] = USER_CODE_SEGMENT,
};

const struct descriptors_part descriptors_parts[DESCRIPTORS_PARTS] = {
    {idt, idt + VECTORS, "the interrupt descriptor table"},
    {gdt, gdt + sizeof(gdt) / sizeof(gdt[0]), "the global descriptor table"},
    {task_states, task_states + CPUS_MAX, "a task state segment"},
    {stacks, stacks + CPUS_MAX, "a stack of exceptions"},
};

static void set_task_state(unsigned cpu)
{
    struct task_state *task_state = &task_states[cpu];
    uint64_t base = (uint64_t)task_state;
    uint64_t limit = sizeof(*task_state) - 1;
    uint64_t *descriptor = &gdt[(TASK_STATE + cpu * TASK_STATE_SIZE) / 8];

    for (unsigned i = 0; i < IST_STACKS; i++)
        task_state->ist[i] = stack_top(&stacks[cpu][i]);
    task_state->io_map = sizeof(*task_state); /* none */

    /* A 16-byte descriptor: present, available 64-bit TSS, the base scattered over it. */
    descriptor[0] = limit | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
    descriptor[1] = base >> 32;
}

void descriptors_set_kernel_stack(unsigned cpu, uint64_t top)
{
    task_states[cpu].rsp[0] = top;
}

uint64_t descriptors_entry(unsigned vector)
{
    return (uint64_t)trap_vectors + vector * TRAP_VECTOR_SIZE;
}

static void set_gate(unsigned vector, uint8_t ist, uint8_t attributes)
{
    uint64_t entry = descriptors_entry(vector);

    idt[vector] = (struct gate){
        .offset_low = entry & 0xffff,
        .selector = KERNEL_CODE,
        .ist = ist,
        .attributes = attributes,
        .offset_middle = entry >> 16 & 0xffff,
        .offset_high = entry >> 32,
    };
}

/* ds and es are null, as IRET to ring 3 would make them: no meaning, but a client sees them. */
static void load_segments(uint16_t task_state)
{
    const struct table_pointer pointer = {sizeof(gdt) - 1, (uint64_t)gdt};

    __asm__ volatile("lgdt %0\n\t"
                     "pushq %1\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\tmovl %2, %%eax\n\t"
                     "movl %%eax, %%ss\n\t"
                     "xorl %%eax, %%eax\n\t"
                     "movl %%eax, %%ds\n\t"
                     "movl %%eax, %%es\n\t"
                     "ltr %w3"
                     :
                     : "m"(pointer), "i"(KERNEL_CODE), "i"(KERNEL_DATA), "r"(task_state)
                     : "rax", "memory");
}

bool descriptors_gate_is_sound(unsigned vector)
{
    const struct gate *gate = &idt[vector];
    struct table_pointer pointer;
    uint64_t entry = gate->offset_low | (uint64_t)gate->offset_middle << 16 |
                     (uint64_t)gate->offset_high << 32;

    __asm__ volatile("sidt %0" : "=m"(pointer));
    return pointer.base == (uint64_t)idt && pointer.limit == sizeof(idt) - 1 &&
           entry == descriptors_entry(vector) && gate->selector == KERNEL_CODE &&
           (gate->attributes & GATE_PRESENT);
}

/* The debugger may have brought an IDT of its own, before ours. */
void descriptors_gate_present(unsigned vector, bool present)
{
    struct table_pointer pointer;

    __asm__ volatile("sidt %0" : "=m"(pointer));
    if ((vector + 1) * sizeof(struct gate) > pointer.limit + 1u)
        return;

    struct gate *gate = (struct gate *)pointer.base + vector;

    gate->attributes = present ? gate->attributes | GATE_PRESENT
                               : gate->attributes & ~(unsigned)GATE_PRESENT;
}

/* LTR takes an available TSS only, and makes it a busy one (Intel SDM vol. 3, 7.7). */
void descriptors_limit_task_state(uint8_t last)
{
    const uint64_t busy = 1ull << 41;
    struct table_pointer pointer;
    uint16_t selector;

    __asm__ volatile("sgdt %0" : "=m"(pointer));
    __asm__ volatile("str %0" : "=r"(selector));
    if (selector == 0)
        return;

    uint64_t *descriptor = (uint64_t *)(pointer.base + selector);

    *descriptor = (*descriptor & ~(busy | 0xffff)) | last;
    __asm__ volatile("ltr %0" : : "r"(selector) : "memory");
}

void descriptors_init(void)
{
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
        set_task_state(cpu);
    for (unsigned vector = 0; vector < VECTORS; vector++)
        set_gate(vector, IST_NONE, GATE_INTERRUPT);
    set_gate(VECTOR_NMI, IST_NMI, GATE_INTERRUPT);
    set_gate(VECTOR_DOUBLE_FAULT, IST_DOUBLE_FAULT, GATE_INTERRUPT);
    set_gate(VECTOR_MACHINE_CHECK, IST_MACHINE_CHECK, GATE_INTERRUPT);
    set_gate(VECTOR_BREAKPOINT, IST_NONE, GATE_INTERRUPT_USER);
    set_gate(VECTOR_OVERFLOW, IST_NONE, GATE_INTERRUPT_USER);
    set_gate(VECTOR_SYSCALL, IST_NONE, GATE_INTERRUPT_USER);
}

/* GS first: trap.S looks at it. */
void descriptors_load(unsigned cpu)
{
    const struct table_pointer pointer = {sizeof(idt) - 1, (uint64_t)idt};

    cpus[cpu].self = &cpus[cpu];
    cpus[cpu].index = cpu;
    write_msr(MSR_GS_BASE, (uint64_t)&cpus[cpu]);
    write_msr(MSR_KERNEL_GS_BASE, 0); /* ring 3's */
    load_segments((uint16_t)(TASK_STATE + cpu * TASK_STATE_SIZE));
    __asm__ volatile("lidt %0" : : "m"(pointer));
    syscall_load();
}
