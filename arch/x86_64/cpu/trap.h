/*
 * trap.h: what happens after trap.S has built a frame, and who wants to know.
 */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/trap_asm.h"
#include "frame.h"

/* Vectors with a meaning of their own (Intel SDM vol. 3, table 6-1). */
enum {
    VECTOR_DIVIDE = 0,
    VECTOR_DEBUG = 1,
    VECTOR_NMI = 2,
    VECTOR_BREAKPOINT = 3,
    VECTOR_OVERFLOW = 4,
    VECTOR_DOUBLE_FAULT = 8,
    VECTOR_PAGE_FAULT = 14,
    VECTOR_MACHINE_CHECK = 18,

    /* 0..31 are the processor's, the rest is ours to hand out: */
    VECTOR_TIMER = 0x20,
    VECTOR_LEGACY = 0x30, /* 16 vectors where the old PIC can do no harm */
    VECTOR_RESCHEDULE = 0xd0, /* from CPU to CPU */
    VECTOR_FLUSH_TLB = 0xd1,
    VECTOR_STOP = 0xd2,
    /* VECTOR_SERIAL = 0xe0, VECTOR_DEBUG_WAKE = 0xf0: trap_asm.h */
    VECTOR_SPURIOUS = 0xff,
};

/* Bits of a page fault's error code (Intel SDM vol. 3, 4.7). */
enum {
    PF_PRESENT = 1 << 0, /* the page was there, but not for that */
    PF_WRITE = 1 << 1,
    PF_USER = 1 << 2,
    PF_RESERVED = 1 << 3,
    PF_FETCH = 1 << 4,
};

/* True: the cause is gone, go on at frame. Interrupts are off. */
typedef bool (*exception_handler)(struct trap_frame *frame);

/* Sends its own EOI. Interrupts are off. */
typedef void (*interrupt_handler)(struct trap_frame *frame);

void trap_on_exception(unsigned vector, exception_handler handler);
void trap_on_interrupt(unsigned vector, interrupt_handler handler);

/* How often a vector came, on all CPUs, and who has it. False: never, and nobody. */
bool trap_interrupt_count(unsigned vector, uint64_t *count, uint64_t *handler);

/*
 * An exception of ring 3 that no handler has resolved, but for NMI, #DF and #MC, which are the
 * machine's: handler ends the program, and does not return.
 */
void trap_on_user_exception(void (*handler)(struct trap_frame *frame));

/* trap.S calls them with interrupts off; the frame is left when they return. */
void trap_exception(struct trap_frame *frame); /* 0..31, and the debugger's */
void trap_interrupt(struct trap_frame *frame); /* all others */

/* What the kernel itself makes of an exception: resolves it, or panics. CR2 is the exception's. */
void trap_handle_exception(struct trap_frame *frame);

/* "page fault", "general protection fault" ... */
const char *trap_name(unsigned vector);

#endif
