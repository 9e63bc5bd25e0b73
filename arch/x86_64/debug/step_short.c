/*
 * step_short.c: see step_short.h. A trap takes the processor out of the debugger and back in again,
 * which costs as much as a dozen instructions that are emulated (emulate.h says which). What they
 * leave behind is the same, and the step that serves interrupts now and then is the processor's.
 */
#include "step_short.h"

#include "insn.h"
#include "page_command.h"
#include "processor.h"
#include "protect.h"
#include "safe_copy.h"
#include "state.h"

#define FETCHED (INSN_LENGTH_MAX + 1) /* 16: two wide accesses */

/* With shadow stacks on, a call is more than its store. The program's own TF has its own trap. */
static bool is_plain(const struct trap_frame *frame)
{
    return !(frame->cs & 3) && !(frame->rflags & RFLAGS_TF) && !(read_cr4() & CR4_CET) &&
           !protect_is_own_code(frame->rip);
}

/*
 * The instruction's bytes, as far as its page goes: where nothing may be executed there is a fault
 * to come, though they can be read. Nearly all instructions are on the page of the one before.
 */
static size_t fetch(struct step *step, uint64_t rip, uint8_t *bytes)
{
    uint64_t last = rip | (PAGE_SIZE - 1);

    if (last != step->code && !page_may_run(rip, false))
        return 0;
    step->code = last;
    return safe_read(bytes, rip, last - rip < FETCHED ? last - rip + 1 : FETCHED);
}

bool step_short(struct debugger_cpu *cpu, struct own_stack own)
{
    struct trap_frame *frame = &cpu->frame;
    const struct emulate_memory memory = displaced_memory(&own);
    uint8_t bytes[FETCHED];
    uint64_t cr2 = read_cr2();

    if (!is_plain(frame))
        return false;

    size_t n = fetch(&cpu->step, frame->rip, bytes);

    if (n && emulate(frame, bytes, n, &memory))
        return true;
    if (read_cr2() != cr2)
        write_cr2(cr2);
    return false;
}
