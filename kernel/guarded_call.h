/*
 * guarded_call.h: call something that may fault, and live. Whatever it held when it faulted
 * (memory, locks) stays held. One call at a time.
 */
#ifndef KERNEL_GUARDED_CALL_H
#define KERNEL_GUARDED_CALL_H

#include <stdbool.h>
#include <stdint.h>

struct trap_frame;

/* What became of the call. */
struct guarded_result {
    int64_t value;  /* what the function returned, an int */
    int64_t vector; /* the exception that ended it, -1: none */
};

struct guarded_result guarded_call(int (*function)(void));

/*
 * An exception that nobody resolves: was it in a guarded call? Then the frame leads out of the
 * call, and all that is left to do is to leave through it. With interrupts off it is not believed
 * to be the call's: an interrupt handler of somebody else's may have come between.
 */
bool guarded_call_ends(struct trap_frame *frame);

#endif
