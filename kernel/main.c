/* main.c: the kernel's table of contents. What comes before it is in start.c. */
#include "boot/boot_info.h"
#include "cmdline.h"
#include "cpu/apic.h"
#include "cpu/clock.h"
#include "cpu/instructions.h"
#include "debug.h"
#include "debug_trace.h"
#include "demo/demo.h"
#include "demo/faults.h"
#include "demo/step_zoo.h"
#include "demo_command.h"
#include "init.h"
#include "memory.h"
#include "module_command.h"
#include "page_fault.h"
#include "smp.h"
#include "start.h"
#include "threads.h"
#include "workload/workload.h"

static void tick(void)
{
    demo_tick();
    module_command_tick();
}

void kernel_main(const struct boot_info *boot)
{
    if (debug_stop_first())
        __asm__ volatile("int3"); /* gdb=wait: this is where the client finds itself */

    smp_find(boot);           /* how many CPUs */
    memory_init(boot);        /* page_alloc, kmalloc, page tables */
    debug_trace_init();       /* room for what tracepoints collect */
    page_fault_init();        /* those that are no mistake */
    apic_init();              /* interrupts have a way in */
    smp_init();               /* CPUs can interrupt each other */
    threads_init();           /* what runs here is thread 1 */
    clock_start(tick);        /* 1000 times a second */
    debug_enable_interrupt(); /* Ctrl-C arrives at once */
    demo_init();              /* something worth debugging */
    demo_command_init();      /* ... and what it says of itself */
    step_zoo_init();          /* ... and worth stepping through */
    smp_start();              /* the other CPUs have nothing to do yet */
    interrupts_enable();
    module_command_init();    /* those that the command line names, and monitor insmod */
    workload_start(cmdline.workload); /* threads that have to do with each other */
    init_start();             /* programs, if the initrd has any */
    fault_in_interrupt();     /* if the command line wants one ... */
    fault_here(FAULT_IN_TASK);
    demo_run();
}
