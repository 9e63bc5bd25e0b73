/*
 * descriptors.h: GDT, TSS and IDT (Intel SDM vol. 3, 3.4.5, 7.7 and 6.14).
 */
#ifndef KERNEL_DESCRIPTORS_H
#define KERNEL_DESCRIPTORS_H

/* In the order that SYSCALL and SYSRET want: kernel code, data; user data, code. */
#define KERNEL_CODE 0x08
#define KERNEL_DATA 0x10
#define USER_DATA   0x18
#define USER_CODE   0x20
#define TASK_STATE  0x28 /* of CPU 0, the others follow */

#define TASK_STATE_SIZE 0x10 /* of its descriptor */

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

/* Where the code of a vector's gate is. */
uint64_t descriptors_entry(unsigned vector);

/* The last byte of a whole TSS, and where it has the stack of #MC. */
#define TASK_STATE_LAST          103
#define TASK_STATE_MACHINE_CHECK 52

/* Let the TSS that is loaded end with the byte at this offset: for demonstrations. */
void descriptors_limit_task_state(uint8_t last);

/* Spoil the gate of a vector of the IDT that is loaded, or repair it: for demonstrations. */
void descriptors_gate_present(unsigned vector, bool present);

/* The IDT that is loaded is ours, and this gate leads where it should. */
bool descriptors_gate_is_sound(unsigned vector);

/* What every exception depends on. */
#define DESCRIPTORS_PARTS 4
struct descriptors_part {
    const void *start, *end;
    const char *name;
};
extern const struct descriptors_part descriptors_parts[DESCRIPTORS_PARTS];

/* Fill all of them in, for every CPU. */
void descriptors_init(void);

/* Load this CPU's, and GS. From here on every vector ends in trap.c. */
void descriptors_load(unsigned cpu);

/* The stack that an exception or interrupt from ring 3 starts on. */
void descriptors_set_kernel_stack(unsigned cpu, uint64_t top);

#endif
#endif
