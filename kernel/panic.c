/* panic.c: the last words, and what comes after them. */
#include "panic.h"

#include <stdarg.h>
#include <stddef.h>

#include "cmdline.h"
#include "cpu.h"
#include "cpu/instructions.h"
#include "cpu/power.h"
#include "debug.h"
#include "debugger.h"
#include "format.h"
#include "frame.h"
#include "printk.h"
#include "smp.h"

#define MESSAGE_MAX 256

static void print_registers(const struct trap_frame *f)
{
    printk("rip %016lx  rsp %016lx  rflags %08lx\n", f->rip, f->rsp, f->rflags);
    printk("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
    printk("rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", f->rsi, f->rdi, f->rbp, f->r8);
    printk("r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", f->r9, f->r10, f->r11, f->r12);
    printk("r13 %016lx  r14 %016lx  r15 %016lx  cs %lx ss %lx\n", f->r13, f->r14, f->r15, f->cs,
           f->ss);
    printk("cr0 %016lx  cr2 %016lx  cr3 %016lx  cr4 %016lx\n", read_cr0(), read_cr2(), read_cr3(),
           read_cr4());
}

/* Without a debugger on the line nobody expects the machine to wait for one. */
static enum panic_mode mode(void)
{
    if (cmdline.panic != PANIC_AUTO)
        return cmdline.panic;
    return cmdline.gdb == GDB_MODE_OFF ? PANIC_HALT : PANIC_GDB;
}

bool panic_waits(void)
{
    return cmdline.gdb != GDB_MODE_OFF || mode() == PANIC_GDB || mode() == PANIC_DUMP;
}

void panic_act(void)
{
    if (mode() == PANIC_REBOOT)
        power_reset();
    if (mode() == PANIC_EXIT)
        power_debug_exit(PANIC_EXIT_STATUS); /* returns on a machine that has no such device */
    if (!panic_waits())
        halt_forever();
}

/*
 * How many panics have come before this one, on this CPU. Another that panics at the same time is
 * stopped by the first one's debugger.
 */
static unsigned count_earlier(void)
{
    static unsigned first; /* one more than the CPU's number */
    static unsigned count;
    unsigned self = cpu_index() + 1, nobody = 0;

    if (!__atomic_compare_exchange_n(&first, &nobody, self, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE) && nobody != self)
        halt_forever();
    return count++;
}

static _Noreturn void end(const struct trap_frame *frame, const char *format, va_list arguments)
{
    static char message[MESSAGE_MAX];

    interrupts_disable();
    if (debugger_inside())
        debugger_break(); /* a command of the debugger's: it ends there, and the kernel is well */
    printk_last_words();

    unsigned earlier = count_earlier();

    if (earlier == 0) {
        format_text(message, sizeof(message), format, arguments);
        printk("panic: %s\n", message);
        if (frame != NULL)
            print_registers(frame);
    } else {
        printk("panic: again, while telling of the first\n");
    }
    if (earlier < 2)
        debug_panic(frame, earlier == 0 ? message : "a panic within a panic");
    smp_stop_others();
    panic_act();
    debug_panic_wait();
}

void panic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    end(NULL, format, arguments);
}

void panic_at(const struct trap_frame *frame, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    end(frame, format, arguments);
}
