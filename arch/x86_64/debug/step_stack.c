/* step_stack.c: the interrupt stack of #DB, for one instruction. */
#include "step_stack.h"

#include "processor.h"
#include "protect.h"
#include "safe_copy.h"
#include "step.h"
#include "step_emulate.h"

#define STACK     7 /* the last of the interrupt stacks in a TSS: few kernels use all */
#define GATE_SIZE 16
#define GATE_IST  4 /* offset of the byte with the stack's number */

static uint64_t gate_stack(void)
{
    return read_idtr().base + VECTOR_DEBUG * GATE_SIZE + GATE_IST;
}

/*
 * rsp is a program's, or this is entry code, which the kernel has said to be protected and which
 * may be about to load one. There no breakpoint can be, and no interrupt stack is in use.
 */
static bool may_need(const struct trap_frame *frame)
{
    return frame_cpl(frame) == 0 && ((int64_t)frame->rsp >= 0 || protect_refusal(frame->rip, 1));
}

bool step_stack_is_needed(const struct step *step, const struct trap_frame *frame)
{
    return !step->borrowed && may_need(frame) && protect_entry_stack(VECTOR_DEBUG) == 0;
}

void step_stack_borrow(struct step *step, const struct trap_frame *frame)
{
    const uint64_t top = debugger_interrupt_stack();
    const uint8_t number = STACK;
    uint64_t slot;

    if (!step_stack_is_needed(step, frame) ||
        !task_stack_slot(&step_machine, TASK_IST(STACK), &slot) ||
        safe_read(&step->kernels_stack, slot, sizeof(top)) != sizeof(top) ||
        safe_write(slot, &top, sizeof(top)) != sizeof(top))
        return;
    step->borrowed = true;
    safe_write(gate_stack(), &number, sizeof(number));
}

void step_stack_return(struct step *step)
{
    const uint8_t none = 0;
    uint64_t slot;

    if (!step->borrowed)
        return;
    step->borrowed = false;
    safe_write(gate_stack(), &none, sizeof(none));
    if (task_stack_slot(&step_machine, TASK_IST(STACK), &slot))
        safe_write(slot, &step->kernels_stack, sizeof(step->kernels_stack));
}
