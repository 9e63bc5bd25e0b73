/*
 * pit.h: the 8254 interval timer, the one clock of a PC whose rate is known beforehand. Only its
 * channel 2 is used as a stop watch to measure the others with, and its channel 0 as an alarm clock
 * that rings when the local APIC's timer may not.
 */
#ifndef KERNEL_PIT_H
#define KERNEL_PIT_H

#include <stdint.h>

#define PIT_HZ 1193182

/* Let it count down from 65535, again and again: once in 54.9 ms. */
void pit_start(void);

uint16_t pit_count(void);

/* Let channel 0 raise ISA interrupt 0 PIT_RINGS times in 1000 s (100 a second), from now on. */
#define PIT_RING_COUNT 11932
#define PIT_RINGS      (PIT_HZ * 1000ull / PIT_RING_COUNT)
void pit_ring(void);

#endif
