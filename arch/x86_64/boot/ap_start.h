/* ap_start.h: what a CPU finds that is started by another one. */
#ifndef KERNEL_AP_START_H
#define KERNEL_AP_START_H

/* In the page where it begins, besides ap_trampoline: a copy of ap_gdt_pointer. */
#define AP_GDT_POINTER 0x100

/* The entry of boot_pml4 that maps DIRECT_MAP. */
#define DIRECT_MAP_ENTRY 256

#ifndef __ASSEMBLER__

#include <stdatomic.h>
#include <stdint.h>

/* To be copied to the page that the startup IPI names. Runs wherever it is. */
extern const uint8_t ap_trampoline[], ap_trampoline_end[];
extern const uint8_t ap_gdt_pointer[6];

/* boot.S: the tables with which a CPU turns paging on; nothing is at 0 in them but for that. */
extern uint64_t boot_pml4[];

struct cpu;

/* Whose turn it is: the CPU takes this, its kernel_stack, and calls ap_main(). */
extern struct cpu *_Atomic ap_starting;
_Noreturn void ap_main(struct cpu *cpu);

#endif
#endif
