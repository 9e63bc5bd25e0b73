/* power.h: ways to end. */
#ifndef KERNEL_POWER_H
#define KERNEL_POWER_H

#include <stdint.h>

/* Restart the machine. */
_Noreturn void power_reset(void);

/*
 * Switch the machine off. Where QEMU has its isa-debug-exit device at port 0xf4, QEMU ends with
 * exit code status * 2 + 1.
 */
_Noreturn void power_off(uint8_t status);

/* The first half of power_off(): returns if there is no such device. */
void power_debug_exit(uint8_t status);

#endif
