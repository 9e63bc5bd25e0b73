/*
 * clock.h: time. The time stamp counter to measure it, the local APIC's timer to be told of it.
 */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H

#include <stdint.h>

#define TICKS_PER_SECOND 1000

/* Cycles of the time stamp counter in a second; 0 before clock_calibrate(). */
extern uint64_t tsc_hz;

/* Timer interrupts since clock_start(). */
extern volatile uint64_t clock_ticks;

/* Measure tsc_hz; takes about 30 ms, needs nothing but the ports. */
void clock_calibrate(void);

/* Have tick() called from the timer interrupt, TICKS_PER_SECOND times each. After apic_init(). */
void clock_start(void (*tick)(void));

/* Start the timer of a CPU other than the first, which has had clock_start() done. */
void clock_start_cpu(void);

#endif
