/*
 * cpu.h: what each CPU has of its own. In the kernel GS base points to it, so that one instruction
 * finds it; in ring 3 the user's own base is there, and swapgs at the entries exchanges the two.
 */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#define CPUS_MAX 8 /* that are started; more of them are named in the log and left alone */

/* Offsets for assembly; the structure below is checked against them. */
#define CPU_SELF         0
#define CPU_KERNEL_STACK 8
#define CPU_USER_FLAGS   16
#define CPU_CURRENT      24

#ifndef __ASSEMBLER__

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/instructions.h"

struct spinlock;
struct thread;

/* A spinlock that a CPU holds or waits for. */
struct spinlock_note {
    const struct spinlock *_Atomic lock; /* NULL: none */
    uint64_t since; /* where the code goes on that asked for it */
};

#define SPINLOCK_NOTES 8 /* at a time; more are not written down */

struct cpu {
    struct cpu *self;
    uint64_t kernel_stack;  /* where an entry from ring 3 starts: the same as in the TSS */
    uint64_t user_flags;    /* of ring 3, between syscall and the switch of stacks */
    struct thread *current; /* changes in thread_switch(), together with rsp */
    struct thread *idle;    /* what runs when nothing else wants to */

    unsigned index;   /* 0 is the one that booted */
    uint32_t apic_id;
    volatile bool online;     /* has its descriptor tables, takes interrupts */
    volatile bool reschedule; /* another thread ought to run: looked at when an interrupt ends */
    unsigned slice;           /* ticks that are left to the current thread */
    volatile uint64_t ticks;  /* timer interrupts */
    volatile uint64_t switches;
    volatile uint64_t flushed; /* the last flush request served: smp.c */
    struct spinlock_note spinlocks[SPINLOCK_NOTES]; /* for a debugger: spinlock.c */
};

_Static_assert(offsetof(struct cpu, self) == CPU_SELF, "cpu.h disagrees with itself");
_Static_assert(offsetof(struct cpu, kernel_stack) == CPU_KERNEL_STACK, "cpu.h");
_Static_assert(offsetof(struct cpu, user_flags) == CPU_USER_FLAGS, "cpu.h");
_Static_assert(offsetof(struct cpu, current) == CPU_CURRENT, "cpu.h");

extern struct cpu cpus[CPUS_MAX];

/* How many of them there are, from 0 on; some may not have come up. */
extern unsigned cpu_count;

/* With interrupts on, the thread may be on another CPU by the time the result is used. */
static inline struct cpu *this_cpu(void)
{
    return (struct cpu *)read_gs(CPU_SELF);
}

/* Who is asking. Stays true, wherever the thread goes. */
static inline struct thread *current_thread(void)
{
    return (struct thread *)read_gs(CPU_CURRENT);
}

/*
 * The index of this CPU without GS, without memory: from the task register. For the debugger, whose
 * exceptions come with any GS. 0 before the kernel has its own descriptor tables.
 */
unsigned cpu_index(void);

/* It has its descriptor tables, and takes NMIs and interrupts. False also for what is no CPU. */
bool cpu_online(unsigned index);

/* Raise an NMI there, or VECTOR_DEBUG_WAKE. For the debugger: anywhere, without locks. */
void cpu_send_nmi(unsigned index);
void cpu_debug_wake(unsigned index);

#endif
#endif
