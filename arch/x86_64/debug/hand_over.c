/*
 * hand_over.c: back onto the stack that the exception came in on, and into the kernel's handler.
 */
#include "hand_over.h"

#include <string.h>

#include "events.h"
#include "processor.h"
#include "safe_copy.h"
#include "state.h"
#include "step.h"
#include "vectors.h"

#define SCRATCH 0x10000 /* so much below rsp is where a client's function calls have their frames */

extern const char hand_over_entry[]; /* hand_over.S */

void hand_over_offer(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    cpu->hand_over = (struct hand_over){
        .possible = debugger_settings.pass_on && !(frame->entry_flags & FRAME_PASSED_ON),
        .at = (uint64_t)frame,
        .cr2 = cpu->faults.last.cr2,
        .frame = *frame,
    };
}

bool hand_over_owe(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    if (!cpu->step.plan.program_trap || event_policy(frame, VECTOR_DEBUG) == EVENT_FIRST)
        return false;
    cpu->hand_over = (struct hand_over){
        .possible = debugger_settings.pass_on != NULL,
        .owed = cpu->stops + 1,
        .at = step_machine_stack(frame->rsp, frame->cs & 3) - sizeof(*frame),
        .cr2 = read_cr2(),
        .frame = *frame,
    };
    cpu->hand_over.frame.vector = VECTOR_DEBUG;
    cpu->hand_over.frame.error = 0;
    return cpu->hand_over.possible;
}

void hand_over_written(uint64_t address)
{
    struct debugger_cpu *cpu;

    for (unsigned n = 0; (cpu = debugger_cpu(n)) != NULL; n++)
        cpu->hand_over.repaired |= cpu->hand_over.frame.rsp - address > SCRATCH;
}

/* How the two were entered does not matter. */
static bool same_registers(const struct trap_frame *a, const struct trap_frame *b)
{
    return memcmp(a, b, offsetof(struct trap_frame, vector)) == 0 &&
           memcmp(&a->rip, &b->rip, sizeof(*a) - offsetof(struct trap_frame, rip)) == 0;
}

bool hand_over_wanted(const struct debugger_cpu *cpu)
{
    const struct hand_over *offer = &cpu->hand_over;

    if (offer->owed)
        return offer->possible && offer->owed == cpu->stops &&
               offer->frame.rip == cpu->frame.rip && offer->frame.rsp == cpu->frame.rsp;
    return offer->possible && !offer->repaired && cpu->action.signal &&
           cpu->action.signal == vector_signal(offer->frame.vector) &&
           same_registers(&offer->frame, &cpu->frame);
}

/*
 * The registers are what they were, so the place of the old frame is still right: below the
 * interrupted rsp, or on another stack (IST, or from user mode) that nobody has used since. If it
 * cannot be written, there is nothing to handle an exception on: it is taken again.
 */
void hand_over(struct debugger_cpu *cpu)
{
    const struct hand_over *offer = &cpu->hand_over;
    struct trap_frame frame = cpu->frame;
    uint16_t cs, ss;

    frame.vector = offer->frame.vector;
    frame.error = offer->frame.error;
    frame.entry_flags = offer->frame.entry_flags | FRAME_PASSED_ON;
    if (safe_write(offer->at, &frame, sizeof(frame)) != sizeof(frame))
        return;

    __asm__("movw %%cs, %0; movw %%ss, %1" : "=r"(cs), "=r"(ss));
    cpu->system[SYSTEM_CR2] = offer->cr2;
    cpu->exit = (struct trap_frame){
        .rax = (uint64_t)debugger_settings.pass_on,
        .rip = (uint64_t)hand_over_entry,
        .rsp = offer->at,
        .rflags = RFLAGS_FIXED,
        .cs = cs,
        .ss = ss,
    };
    cpu->bs_given |= offer->owed != 0;
    cpu->hand_over.possible = false;
}
