/*
 * clock.c: calibration of the TSC and of the local APIC's timer against the PIT, and the timer
 * interrupt. Neither rate can be asked of every processor (CPUID leaf 0x15 is often empty).
 */
#include <stdbool.h>
#include <stddef.h>

#include "cpu/clock.h"

#include "cpu/apic.h"
#include "cpu/instructions.h"
#include "cpu/pit.h"
#include "cpu/trap.h"
#include "debugger.h"
#include "panic.h"
#include "printk.h"

#define WINDOW_MS 10
#define WINDOWS 3

uint64_t tsc_hz;
volatile uint64_t clock_ticks;
static void (*tick_hook)(void);

/*
 * A host or an SMI that takes the CPU away makes a window look longer, never shorter: the shortest
 * of several is the truth. Returns the cycles, and in timer, if wanted, how far the APIC's timer
 * came meanwhile.
 */
static uint64_t measure(uint32_t *timer)
{
    uint64_t best = UINT64_MAX;

    for (unsigned i = 0; i < WINDOWS; i++) {
        if (timer != NULL)
            apic_timer_start(UINT32_MAX);
        uint64_t start = read_tsc();
        pit_start(PIT_MILLISECONDS(WINDOW_MS));
        while (!pit_expired())
            ;
        uint64_t cycles = read_tsc() - start;

        if (cycles >= best)
            continue;
        best = cycles;
        if (timer != NULL)
            *timer = UINT32_MAX - apic_timer_count();
    }
    return best;
}

void clock_calibrate(void)
{
    tsc_hz = measure(NULL) * (1000 / WINDOW_MS);
    printk("clock: tsc at %lu.%03lu MHz\n", tsc_hz / 1000000, tsc_hz / 1000 % 1000);
}

/* The debugger comes last: it may leave through the frame by itself and not come back. */
static void timer_interrupt(struct trap_frame *frame)
{
    clock_ticks++;
    tick_hook();
    apic_end_of_interrupt();
    debugger_interrupt(frame);
}

void clock_start(void (*tick)(void))
{
    uint32_t timer;

    measure(&timer);
    if (timer < WINDOW_MS)
        panic("the local APIC's timer does not count");
    tick_hook = tick;
    trap_on_interrupt(VECTOR_TIMER, timer_interrupt);
    apic_timer_repeat(timer / WINDOW_MS * 1000 / TICKS_PER_SECOND, VECTOR_TIMER);
    printk("clock: %u interrupts a second from the local APIC\n", TICKS_PER_SECOND);
}
