/*
 * smp_start.c: finding the other CPUs and waking them (Intel SDM vol. 3, 8.4.4 "MP Initialization
 * Example").
 */
#include "smp.h"

#include <string.h>

#include "boot/acpi.h"
#include "boot/ap_start.h"
#include "cpu.h"
#include "cpu/apic.h"
#include "cpu/clock.h"
#include "cpu/descriptors.h"
#include "cpu/features.h"
#include "debugger.h"
#include "mm/paging.h"
#include "printk.h"
#include "scheduler.h"
#include "kernel/threads.h"

#define TRAMPOLINE   0x8000 /* in the first MiB, which nobody else uses: memory_map.c */
#define LISTED_MAX   256
#define XAPIC_ID_MAX 0xfe /* a command's target has 8 bits, and 0xff is everybody */

/* How long the steps of the start may take. */
#define AFTER_INIT_MS    10
#define AFTER_STARTUP_MS 100
#define PATIENCE_MS      5000 /* a busy host may not have run a virtual CPU before */

struct cpu *_Atomic ap_starting;

/* The one that runs this is number 0, wherever firmware has put it. */
static void take(uint32_t id, uint32_t own)
{
    static unsigned left_alone;

    if (id == own)
        return;
    if (cpu_count < CPUS_MAX && id <= XAPIC_ID_MAX)
        cpus[cpu_count++].apic_id = id;
    else
        printk("%s%u", left_alone++ == 0 ? "smp: too many for us, left alone: " : ", ", id);
}

void smp_find(const struct boot_info *boot)
{
    static uint32_t ids[LISTED_MAX];
    uint32_t own = cpuid(1).ebx >> 24;
    size_t count = acpi_find_cpus(boot, ids, LISTED_MAX);
    size_t listed = count < LISTED_MAX ? count : LISTED_MAX;

    cpus[0].apic_id = own;
    for (size_t i = 0; i < listed; i++)
        take(ids[i], own);
    if (count > cpu_count)
        printk("\n");
    if (count == 0)
        printk("smp: firmware does not say which processors there are\n");
}

/* Until done() or for so long. */
static bool wait_until(bool (*done)(const struct cpu *cpu), const struct cpu *cpu, uint64_t ms)
{
    uint64_t start = read_tsc();

    while (!done(cpu)) {
        if (read_tsc() - start >= tsc_hz / 1000 * ms)
            return false;
        cpu_relax();
    }
    return true;
}

static bool never(const struct cpu *cpu)
{
    (void)cpu;
    return false;
}

static bool is_online(const struct cpu *cpu)
{
    return cpu->online;
}

/*
 * One at a time. The second startup IPI is for processors that have missed the first. A CPU that
 * has taken its stack is alive, however long the host lets it wait.
 */
static bool start(struct cpu *cpu)
{
    cpu->current = threads_make_idle(cpu->index);
    cpu->kernel_stack = cpu->current->stack_top;
    ap_starting = cpu;
    for (unsigned attempt = 0; attempt < 2; attempt++) {
        apic_send_startup(cpu->apic_id, TRAMPOLINE / PAGE_SIZE);
        if (wait_until(is_online, cpu, AFTER_STARTUP_MS))
            return true;
    }
    wait_until(is_online, cpu, PATIENCE_MS);
    if (atomic_exchange(&ap_starting, NULL) == NULL)
        wait_until(is_online, cpu, PATIENCE_MS);
    return cpu->online;
}

static void copy_trampoline(void)
{
    uint8_t *page = physical_to_virtual(TRAMPOLINE);

    memcpy(page, ap_trampoline, ap_trampoline_end - ap_trampoline);
    memcpy(page + AP_GDT_POINTER, ap_gdt_pointer, sizeof(ap_gdt_pointer));
    boot_pml4[0] = boot_pml4[DIRECT_MAP_ENTRY]; /* it turns paging on where it is */
}

_Static_assert(offsetof(struct address_space, root) == 0, "ap_start.S loads it");

void smp_start(void)
{
    unsigned online = 1;

    copy_trampoline();
    cpus[0].online = true;
    for (unsigned i = 1; i < cpu_count; i++) {
        cpus[i].index = i;
        apic_send_init(cpus[i].apic_id);
    }
    if (cpu_count > 1)
        wait_until(never, NULL, AFTER_INIT_MS);
    for (unsigned i = 1; i < cpu_count; i++) {
        if (start(&cpus[i]))
            online++;
        else
            printk("smp: cpu %u (apic id %u) does not start\n", i, cpus[i].apic_id);
    }
    printk("smp: %u of %u cpus online\n", online, cpu_count);
}

/* Here a CPU begins its life in C, on the stack of its idle thread. */
void ap_main(struct cpu *cpu)
{
    struct thread *idle = cpu->current;

    descriptors_load(cpu->index);
    features_enable();
    apic_init_cpu();
    scheduler_online(idle, idle);
    debugger_cpu_online();
    cpu->online = true;
    clock_start_cpu();
    scheduler_idle();
}
