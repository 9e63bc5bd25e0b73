/* smp.h: more than one CPU. */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

#include <stdbool.h>

struct boot_info;

/* Which other CPUs there are; while the page tables of boot.S are in use. */
void smp_find(const struct boot_info *boot);

/* Let CPUs interrupt each other; also needed by one alone. After apic_init(). */
void smp_init(void);

/*
 * Make every CPU forget what it knows of page tables, and wait until they have. Interrupts are on,
 * and no spinlock is held, as others may be waiting for us in the same way. False: one of them has
 * not answered within a second; then memory that was unmapped must not be used again.
 */
bool smp_flush(void);

/* Wake those that smp_find() has found. The clock runs, and the caller is a thread. */
void smp_start(void);

/* The end: all others halt as soon as they take interrupts. */
void smp_stop_others(void);

#endif
