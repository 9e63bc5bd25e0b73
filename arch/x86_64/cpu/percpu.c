/* percpu.c: who is who among the CPUs: cpu.h. What the debugger calls lies with the entry code. */
#include "cpu.h"

#include "cpu/apic.h"
#include "cpu/descriptors.h"
#include "cpu/trap.h"

#define ENTRY __attribute__((section(".text.entry")))

struct cpu cpus[CPUS_MAX];
unsigned cpu_count = 1;

/* Each CPU has its own task state: descriptors.c. Another's selector is the boot's. */
ENTRY unsigned cpu_index(void)
{
    uint16_t selector;

    __asm__ volatile("str %0" : "=r"(selector));

    unsigned index = (unsigned)(selector - TASK_STATE) / TASK_STATE_SIZE;

    return selector >= TASK_STATE && index < CPUS_MAX ? index : 0;
}

ENTRY bool cpu_online(unsigned index)
{
    return index < CPUS_MAX && cpus[index].online;
}

ENTRY void cpu_send_nmi(unsigned index)
{
    apic_send_nmi(cpus[index].apic_id);
}

ENTRY void cpu_debug_wake(unsigned index)
{
    apic_interrupt(cpus[index].apic_id, VECTOR_DEBUG_WAKE);
}
