/* smp.c: what CPUs tell each other, by interrupts. */
#include "smp.h"

#include <stdatomic.h>

#include "cpu.h"
#include "cpu/apic.h"
#include "cpu/clock.h"
#include "cpu/trap.h"
#include "printk.h"
#include "thread.h"

/* Flushes that were asked for so far. A CPU has served those up to cpu->flushed. */
static _Atomic uint64_t flushes;

/* Who sent it has set cpu->reschedule, which trap_interrupt() looks at when this is over. */
static void reschedule(struct trap_frame *frame)
{
    (void)frame;
    apic_end_of_interrupt();
}

/* Interrupts are off. No page is global, so a new CR3 forgets them all (SDM vol. 3, 4.10.4.1). */
static void flush_here(void)
{
    uint64_t request = flushes;

    write_cr3(read_cr3());
    this_cpu()->flushed = request;
}

static void flush(struct trap_frame *frame)
{
    (void)frame;
    flush_here();
    apic_end_of_interrupt();
}

static void stop(struct trap_frame *frame)
{
    (void)frame;
    halt_forever();
}

void smp_init(void)
{
    trap_on_interrupt(VECTOR_RESCHEDULE, reschedule);
    trap_on_interrupt(VECTOR_FLUSH_TLB, flush);
    trap_on_interrupt(VECTOR_STOP, stop);
}

static void tell_others(uint8_t vector)
{
    bool enabled = interrupts_save();
    const struct cpu *self = this_cpu();

    for (unsigned i = 0; i < cpu_count; i++)
        if (cpus[i].online && &cpus[i] != self)
            apic_interrupt(cpus[i].apic_id, vector);
    interrupts_restore(enabled);
}

static bool all_have_flushed(uint64_t request)
{
    for (unsigned i = 0; i < cpu_count; i++)
        if (cpus[i].online && cpus[i].flushed < request)
            return false;
    return true;
}

/* This thread's: while a debugger holds its CPU there are none, and others' do not matter. */
static uint64_t own_ticks(void)
{
    return ((volatile struct thread *)current_thread())->ticks;
}

/*
 * A CPU that does not answer still has its interrupt pending, and flushes as soon as it can.
 */
bool smp_flush(void)
{
    uint64_t request = atomic_fetch_add(&flushes, 1) + 1;
    bool enabled = interrupts_save();

    flush_here();
    interrupts_restore(enabled);
    if (all_have_flushed(request))
        return true;
    tell_others(VECTOR_FLUSH_TLB);

    for (uint64_t since = own_ticks(); own_ticks() - since < TICKS_PER_SECOND;) {
        if (all_have_flushed(request))
            return true;
        cpu_relax();
    }
    printk("smp: a cpu does not answer; memory that it may still see is not used again\n");
    return false;
}

void smp_stop_others(void)
{
    if (cpu_count > 1)
        tell_others(VECTOR_STOP);
}
