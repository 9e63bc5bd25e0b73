/*
 * clock.c: calibration of the TSC and of the local APIC's timer against the PIT, and the timer
 * interrupt. Neither rate can be asked of every processor (CPUID leaf 0x15 is often empty).
 */
#include "cpu/clock.h"

#include "cpu.h"
#include "cpu/apic.h"
#include "cpu/instructions.h"
#include "cpu/pit.h"
#include "cpu/trap.h"
#include "debugger.h"
#include "panic.h"
#include "printk.h"
#include "scheduler.h"

#define WINDOW_HZ 250 /* measure for 4 ms: a reading is good to some microseconds */
#define WINDOWS   3
#define READINGS  8

uint64_t tsc_hz;
volatile uint64_t clock_ticks;
static void (*tick_hook)(void);
static uint32_t timer_period; /* of the local APICs' timers, in their own units */

/* Two clocks, read together. */
struct reading {
    uint64_t tsc;
    uint32_t count;
};

/*
 * A host that takes the CPU away between the two makes them disagree, so they are read several
 * times and the reading that took the shortest counts.
 */
static struct reading read_together(uint32_t (*counter)(void))
{
    struct reading best = {0};
    uint64_t shortest = UINT64_MAX;

    for (unsigned i = 0; i < READINGS; i++) {
        uint64_t before = read_tsc();
        uint32_t count = counter();
        uint64_t took = read_tsc() - before;

        if (took >= shortest)
            continue;
        shortest = took;
        best = (struct reading){.tsc = before + took / 2, .count = count};
    }
    return best;
}

static uint32_t pit_counter(void)
{
    return pit_count();
}

/* Away for longer than the PIT's 16 bits last, and the TSC seems to be fast: the least is true. */
void clock_calibrate(void)
{
    tsc_hz = UINT64_MAX;
    pit_start();
    for (unsigned i = 0; i < WINDOWS; i++) {
        struct reading start = read_together(pit_counter), end;
        uint16_t passed;

        do {
            end = read_together(pit_counter);
            passed = (uint16_t)(start.count - end.count);
        } while (passed < PIT_HZ / WINDOW_HZ);

        uint64_t hz = (end.tsc - start.tsc) * PIT_HZ / passed;

        if (hz < tsc_hz)
            tsc_hz = hz;
    }
    printk("clock: tsc at %lu.%03lu MHz\n", tsc_hz / 1000000, tsc_hz / 1000 % 1000);
}

/* The rate of the local APIC's timer, which counts down. */
static uint64_t measure_apic_timer(void)
{
    apic_timer_start(UINT32_MAX);

    struct reading start = read_together(apic_timer_count), end;

    do
        end = read_together(apic_timer_count);
    while (end.tsc - start.tsc < tsc_hz / WINDOW_HZ);
    return (uint64_t)(start.count - end.count) * tsc_hz / (end.tsc - start.tsc);
}

/*
 * The time is the first CPU's. The debugger comes last: it may leave through the frame by itself
 * and not come back; then another thread runs a tick later.
 */
static void timer_interrupt(struct trap_frame *frame)
{
    if (this_cpu()->index == 0) {
        clock_ticks++;
        tick_hook();
    }
    scheduler_tick();
    apic_end_of_interrupt();
    debugger_interrupt(frame);
}

void clock_start(void (*tick)(void))
{
    uint64_t timer_hz = measure_apic_timer();

    if (timer_hz < TICKS_PER_SECOND)
        panic("the local APIC's timer does not count");
    tick_hook = tick;
    trap_on_interrupt(VECTOR_TIMER, timer_interrupt);
    timer_period = (uint32_t)(timer_hz / TICKS_PER_SECOND);
    clock_start_cpu();
    printk("clock: apic timer at %lu.%03lu MHz, %u interrupts a second\n", timer_hz / 1000000,
           timer_hz / 1000 % 1000, TICKS_PER_SECOND);
}

void clock_start_cpu(void)
{
    apic_timer_repeat(timer_period, VECTOR_TIMER);
}
