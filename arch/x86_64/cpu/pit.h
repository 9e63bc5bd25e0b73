/*
 * pit.h: the 8254 interval timer, the one clock of a PC whose rate is known beforehand. Only its
 * channel 2 is used, as a stop watch to measure the others with.
 */
#ifndef KERNEL_PIT_H
#define KERNEL_PIT_H

#include <stdint.h>

#define PIT_HZ 1193182

/* Let it count down from 65535, again and again: once in 54.9 ms. */
void pit_start(void);

uint16_t pit_count(void);

#endif
