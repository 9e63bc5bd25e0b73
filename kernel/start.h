/* start.h: from the boot code to kernel_main(). */
#ifndef KERNEL_START_H
#define KERNEL_START_H

struct boot_info;

/* Called once, on the boot stack, with interrupts off and the page tables of boot.S. */
_Noreturn void kernel_start(const struct boot_info *boot);

/* The kernel proper, in main.c. */
_Noreturn void kernel_main(const struct boot_info *boot);

#endif
