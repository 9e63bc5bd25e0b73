/*
 * start.c: what has to be there before kernel_main() can be debugged from its first line on: words,
 * descriptor tables, the debugger, a clock to wait by. None of it needs memory management.
 */
#include "start.h"

#include "boot/boot_info.h"
#include "cmdline.h"
#include "console.h"
#include "cpu/clock.h"
#include "cpu/descriptors.h"
#include "cpu/features.h"
#include "debug.h"
#include "debug_core.h"
#include "debug_line.h"
#include "demo/faults.h"
#include "initrd.h"
#include "mm/layout.h"
#include "printk.h"
#include "version.h"

static void print_boot(const struct boot_info *boot)
{
    printk("boot: by %s, command line \"%s\"%s\n", boot->protocol, boot->command_line,
           boot->command_line_cut ? " (cut)" : "");
    if (kernel_slide() != 0)
        printk("boot: moved up by 0x%lx\n", kernel_slide());
}

void kernel_start(const struct boot_info *boot)
{
    printk("Trapline kernel %s booting\n", KERNEL_VERSION); /* tests count this line */
    print_boot(boot);
    cmdline_parse(boot->command_line); /* which port is the debugger's */
    debug_line_init();                 /* ... or virtio console */
    console_init(debug_port());        /* the log is seen from here on */
    initrd_init(boot);                 /* files */
    fault_here(FAULT_AT_BOOT);         /* if the command line wants one */
    features_detect();                 /* CPUID */
    descriptors_init();                /* GDT, TSS, IDT */
    descriptors_load(0);               /* traps arrive */
    features_enable();                 /* CR0, CR4, EFER, FPU */
    debug_core_init(boot);             /* ... and take all of memory home */
    debug_init();                      /* gdb can attach */
    features_print();
    clock_calibrate(); /* gdb=wait:5s counts TSC cycles */
    kernel_main(boot);
}
