/*
 * trap.c: who gets a trap. Exceptions go to the debugger first, it knows which are its own; then to
 * the kernel's handler; what is left is a bug and ends in panic.
 */
#include "cpu/trap.h"

#include <stddef.h>

#include "cpu.h"
#include "cpu/apic.h"
#include "cpu/instructions.h"
#include "debugger.h"
#include "guarded_call.h"
#include "panic.h"
#include "printk.h"
#include "scheduler.h"

#define VECTORS 256

/* On the way from an exception to the debugger: a breakpoint here would never get there. */
#define ENTRY __attribute__((section(".text.entry")))

static exception_handler exception_handlers[EXCEPTIONS];
static interrupt_handler interrupt_handlers[VECTORS];
static uint64_t interrupt_counts[VECTORS];
static void (*user_exception_handler)(struct trap_frame *frame);

static const char *const names[EXCEPTIONS] = {
    [0] = "divide error",
    [1] = "debug exception",
    [2] = "non-maskable interrupt",
    [3] = "breakpoint",
    [4] = "overflow",
    [5] = "bound range exceeded",
    [6] = "invalid opcode",
    [7] = "device not available",
    [8] = "double fault",
    [10] = "invalid TSS",
    [11] = "segment not present",
    [12] = "stack segment fault",
    [13] = "general protection fault",
    [14] = "page fault",
    [16] = "x87 floating point error",
    [17] = "alignment check",
    [18] = "machine check",
    [19] = "SIMD floating point error",
    [20] = "virtualization exception",
    [21] = "control protection exception",
    [28] = "hypervisor injection exception",
    [29] = "VMM communication exception",
    [30] = "security exception",
};

const char *trap_name(unsigned vector)
{
    return vector < EXCEPTIONS && names[vector] != NULL ? names[vector] : "unknown exception";
}

void trap_on_exception(unsigned vector, exception_handler handler)
{
    exception_handlers[vector] = handler;
}

void trap_on_interrupt(unsigned vector, interrupt_handler handler)
{
    interrupt_handlers[vector] = handler;
}

bool trap_interrupt_count(unsigned vector, uint64_t *count, uint64_t *handler)
{
    if (vector < EXCEPTIONS || vector >= VECTORS)
        return false;
    *count = interrupt_counts[vector];
    *handler = (uint64_t)interrupt_handlers[vector];
    return *count != 0 || *handler != 0;
}

ENTRY static void count(unsigned vector)
{
    __atomic_fetch_add(&interrupt_counts[vector], 1, __ATOMIC_RELAXED);
}

void trap_on_user_exception(void (*handler)(struct trap_frame *frame))
{
    user_exception_handler = handler;
}

static bool is_machines(unsigned vector)
{
    return vector == VECTOR_NMI || vector == VECTOR_DOUBLE_FAULT || vector == VECTOR_MACHINE_CHECK;
}

static _Noreturn void panic_page_fault(const struct trap_frame *frame)
{
    uint64_t error = frame->error;
    const char *access = error & PF_FETCH ? "execute" : error & PF_WRITE ? "write" : "read";
    const char *cause = error & PF_RESERVED  ? "reserved bit set in its page tables"
                        : error & PF_PRESENT ? "not allowed there"
                                             : "not mapped";

    panic_at(frame, "page fault: %s cannot %s %p: %s", error & PF_USER ? "user" : "kernel", access,
             (void *)read_cr2(), cause);
}

void trap_handle_exception(struct trap_frame *frame)
{
    unsigned vector = frame->vector;

    if (exception_handlers[vector] != NULL && exception_handlers[vector](frame)) {
        debugger_resolved(frame);
        return;
    }
    debugger_unhandled(frame);
    if (guarded_call_ends(frame)) {
        debugger_resolved(frame);
        return;
    }
    if ((frame->cs & 3) && user_exception_handler != NULL && !is_machines(vector))
        user_exception_handler(frame);
    if (vector == VECTOR_PAGE_FAULT)
        panic_page_fault(frame);
    panic_at(frame, "%s, error code 0x%lx", trap_name(vector), frame->error);
}

ENTRY void trap_exception(struct trap_frame *frame)
{
    uint64_t cr2 = read_cr2(); /* the debugger's own guarded accesses may fault as well */

    /*
     * It may be the debugger's own code that was interrupted: not counted, as nothing of the
     * kernel's changes while it is stopped.
     */
    if (frame->vector >= EXCEPTIONS) {
        apic_end_of_interrupt();
        if (frame->vector == VECTOR_SERIAL)
            debugger_interrupt(frame); /* last: it may leave through the frame by itself */
        return;
    }
    if (debugger_exception(frame, frame->vector, frame->error) == DEBUGGER_HANDLED)
        return;
    write_cr2(cr2);
    trap_handle_exception(frame);
}

/* Spurious interrupts happen (Intel SDM vol. 3, 10.9) and get no EOI; any other is worth a line. */
static void unexpected_interrupt(unsigned vector)
{
    static bool told[VECTORS];

    if (vector != VECTOR_SPURIOUS && !told[vector])
        printk("interrupt 0x%x: nobody expects it; ignored from now on\n", vector);
    told[vector] = true;
}

/* What was interrupted can wait: interrupts were on, so no spinlock is held. */
void trap_interrupt(struct trap_frame *frame)
{
    unsigned vector = frame->vector;

    count(vector);
    if (interrupt_handlers[vector] != NULL)
        interrupt_handlers[vector](frame);
    else
        unexpected_interrupt(vector);
    if (frame->rflags & RFLAGS_IF)
        scheduler_preempt();
}
