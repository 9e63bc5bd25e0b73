/* smp.c: interrupts from CPU to CPU. */
#include "smp.h"

#include "cpu/apic.h"
#include "cpu/trap.h"

/* Who sent it has set cpu->reschedule, which trap_dispatch() looks at when this is over. */
static void reschedule(struct trap_frame *frame)
{
    (void)frame;
    apic_end_of_interrupt();
}

void smp_init(void)
{
    trap_on_interrupt(VECTOR_RESCHEDULE, reschedule);
}

bool smp_flush(void)
{
    return true;
}
