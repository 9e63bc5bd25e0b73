/*
 * pit.h: the 8254 interval timer, the one clock of a PC whose rate is known beforehand. Only its
 * channel 2 is used, as a stop watch to measure the others with.
 */
#ifndef KERNEL_PIT_H
#define KERNEL_PIT_H

#include <stdbool.h>
#include <stdint.h>

#define PIT_HZ 1193182
#define PIT_MILLISECONDS(n) (PIT_HZ * (n) / 1000) /* at most 54 fit into its 16 bits */

/* Start to count down; pit_expired() turns true when ticks are over. */
void pit_start(uint16_t ticks);
bool pit_expired(void);

#endif
