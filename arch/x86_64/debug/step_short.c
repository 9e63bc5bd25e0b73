/*
 * step_short.c: see step_short.h. A trap takes the processor out of the debugger and back in again,
 * which costs as much as a dozen instructions that are emulated (emulate.h says which). What they
 * leave behind is the same, and the step that serves interrupts now and then is the processor's.
 */
#include "step_short.h"

#include "insn.h"
#include "processor.h"
#include "protect.h"
#include "safe_copy.h"

/* With shadow stacks on, a call is more than its store. The program's own TF has its own trap. */
static bool is_plain(const struct trap_frame *frame)
{
    return !(frame->cs & 3) && !(frame->rflags & RFLAGS_TF) && !(read_cr4() & CR4_CET) &&
           !protect_is_own_code(frame->rip);
}

bool step_short(struct trap_frame *frame, struct own_stack own)
{
    const struct emulate_memory memory = displaced_memory(&own);
    uint8_t bytes[INSN_LENGTH_MAX + 1]; /* 16: two wide accesses */
    uint64_t cr2 = read_cr2();

    if (!is_plain(frame))
        return false;

    size_t n = safe_read(bytes, frame->rip, sizeof(bytes));

    if (n && emulate(frame, bytes, n, &memory))
        return true;
    if (read_cr2() != cr2)
        write_cr2(cr2);
    return false;
}
