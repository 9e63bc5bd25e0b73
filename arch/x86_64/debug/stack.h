/*
 * stack.h: moves between stacks that C cannot express; see stack.S.
 */
#ifndef TRAPLINE_STACK_H
#define TRAPLINE_STACK_H

#include "state.h"

/* Call f(cpu) on an empty stack, with DF, AC and NT clear. f does not return. */
_Noreturn void stack_switch(void (*f)(struct debugger_cpu *cpu), struct debugger_cpu *cpu,
                            void *top);

/*
 * Clear *stopped and make the processor what the frame says. The frame is consumed; the stack is
 * what lies below it. A trap at an address before stack_leave_end is the frame's fault.
 */
_Noreturn void stack_leave(struct trap_frame *frame, volatile bool *stopped);
extern const char stack_leave_end[];

/* An NMI that was latched while another one was served comes in here, if it has not come before. */
void stack_admit_nmi(void);

/*
 * Returns false; and true, a second time, when an exception's frame has been sent to the point. The
 * function that called it must not have returned by then.
 */
bool recovery_mark(struct recovery_point *point) __attribute__((returns_twice));

#endif
