/* step_plan.c: see step_plan.h for what is done to which instruction, and why. */
#include "step_plan.h"

#include "insn.h"
#include "step_emulate.h"


/*
 * Is this instruction what insn_sensitive() took it for? Only in 64-bit mode. In compatibility
 * mode, which the kernel itself never runs in, a REX prefix is inc or dec, syscall has other rules,
 * and addresses are computed in another way.
 */
static bool understood(const struct insn *insn, const struct trap_frame *frame,
                       const struct step_machine *machine)
{
    struct segment code;

    if (frame_cpl(frame) == 0)
        return true;
    if (!segment_read(machine, (uint16_t)frame->cs, &code))
        return false;
    return code.is_64bit || !(insn->rex || insn->class == INSN_SYSCALL || insn->memory_count);
}

static bool emulate(struct step_plan *plan, struct trap_frame *frame, const struct insn *insn,
                    const struct step_machine *machine)
{
    switch (insn->class) {
    case INSN_CLI:
    case INSN_STI:
        return step_emulate_if(frame, insn);
    case INSN_HLT:
        return step_emulate_hlt(frame, insn);
    case INSN_MOV_SS:
        return step_emulate_mov_ss(frame, insn, machine);
    case INSN_INT:
        return step_emulate_int(frame, insn, machine);
    case INSN_SYSCALL:
        plan->on_user_stack = frame_cpl(frame) == 3;
        return step_emulate_syscall(frame, insn, machine);
    }
    return false;
}

/* Does the program get a #DB of its own after an emulated instruction that began with TF set? */
static bool emulated_trap(const struct step_plan *plan, const struct trap_frame *frame)
{
    switch (plan->class) {
    case INSN_MOV_SS: /* not before the next instruction is done */
    case INSN_INT:    /* the gate clears TF */
        return false;
    case INSN_SYSCALL: /* unless its mask cleared TF */
        return frame->rflags & plan->flags & RFLAGS_TF;
    default:
        return plan->flags & RFLAGS_TF;
    }
}

static bool shows_flags(enum insn_class class)
{
    return class == INSN_PUSHF || class == INSN_POPF || class == INSN_IRET ||
           class == INSN_SYSCALL || class == INSN_SYSRET;
}

/*
 * What this step does with the flags, and where rip will be when it has pushed them. Those that are
 * usually emulated may take the next instruction along when the processor executes them: mov ss,
 * and hlt in QEMU 7.2.
 */
static void look_at_flags(struct step_plan *plan, const struct insn *insn, const uint8_t *bytes,
                          size_t n)
{
    const struct insn *last = insn;
    struct insn next;

    if ((insn->class == INSN_MOV_SS || insn->class == INSN_HLT) &&
        insn_sensitive(&next, bytes + insn->length, n - insn->length,
                       insn->address + insn->length))
        last = &next;
    plan->shows_flags = shows_flags(last->class);
    if (last->class == INSN_PUSHF)
        plan->image_end = last->address + last->length;
}

/* popf and iret leave IF alone where CPL > IOPL; sysret and sysenter know no such limit. */
static bool loads_if(enum insn_class class, const struct trap_frame *frame)
{
    if (class == INSN_POPF || class == INSN_IRET)
        return frame_may_change_if(frame);
    return class == INSN_SYSRET || class == INSN_SYSENTER;
}

static bool is_marked(const struct step_plan *plan)
{
    return plan->open && !plan->shows_flags;
}

static void arm(const struct step_plan *plan, struct trap_frame *frame)
{
    frame->rflags |= RFLAGS_TF;
    if (is_marked(plan))
        frame->rflags ^= RFLAGS_ID;
    if (plan->class == INSN_SYSRET)
        frame->r11 |= RFLAGS_TF;
}

enum step_kind step_plan_begin(struct step_plan *plan, struct trap_frame *frame,
                               const struct step_machine *machine, enum step_interrupts interrupts)
{
    uint8_t bytes[INSN_LENGTH_MAX + 1]; /* 16: two wide accesses where the target makes such */
    struct insn insn;

    *plan = (struct step_plan){
        .rip = frame->rip,
        .flags = frame->rflags & (RFLAGS_TF | RFLAGS_IF | RFLAGS_ID),
        .r11 = frame->r11 & RFLAGS_TF,
    };
    size_t n = machine->read_memory(machine->context, frame->rip, bytes, sizeof(bytes));
    if (insn_sensitive(&insn, bytes, n, frame->rip) &&
        machine->may_execute(machine->context, frame) && understood(&insn, frame, machine)) {
        bool wait = insn.class == INSN_HLT && interrupts == STEP_INTERRUPTS_ON &&
                    (frame->rflags & RFLAGS_IF);
        plan->class = insn.class;
        if (!wait && emulate(plan, frame, &insn, machine)) {
            plan->program_trap = emulated_trap(plan, frame);
            return STEP_EMULATED;
        }
        look_at_flags(plan, &insn, bytes, n);
        plan->loads_if = loads_if(insn.class, frame);
    }
    plan->open = interrupts == STEP_INTERRUPTS_ON && !shows_flags(plan->class);
    if (plan->open)
        plan->loads_if = true;
    else
        frame->rflags &= ~(uint64_t)RFLAGS_IF;
    arm(plan, frame);
    return STEP_HARDWARE;
}

/* TF is bit 0 and IF bit 1 of the second byte, whatever the width of the image. */
static void repair_image(const struct step_plan *plan, const struct trap_frame *frame,
                         const struct step_machine *machine)
{
    const uint8_t ours = (RFLAGS_TF | RFLAGS_IF) >> 8;
    uint64_t address = frame->rsp + 1;
    uint8_t byte;

    if (!machine->read_memory(machine->context, address, &byte, 1))
        return;
    byte = (uint8_t)((byte & ~ours) | plan->flags >> 8);
    machine->write_memory(machine->context, address, &byte, 1);
}

/* Which of the flags in the frame are the program's own by now. */
static uint64_t loaded_flags(const struct step_plan *plan)
{
    uint64_t loaded = plan->loads_if ? RFLAGS_IF : 0;

    if (plan->class == INSN_POPF || plan->class == INSN_IRET)
        loaded |= RFLAGS_TF;
    return loaded;
}

void step_plan_end(struct step_plan *plan, struct trap_frame *frame,
                   const struct step_machine *machine, bool stepped)
{
    bool executed = stepped || frame->rip != plan->rip;
    uint64_t restore = RFLAGS_TF | RFLAGS_IF | (is_marked(plan) ? RFLAGS_ID : 0);
    uint64_t flags = plan->flags;

    if (plan->class == INSN_SYSRET)
        frame->r11 = (frame->r11 & ~(uint64_t)RFLAGS_TF) | plan->r11;
    if (executed) {
        restore &= ~loaded_flags(plan);
        if (plan->class == INSN_SYSRET)
            flags = plan->r11;
        if (plan->image_end && frame->rip == plan->image_end)
            repair_image(plan, frame, machine);
    }
    frame->rflags = (frame->rflags & ~restore) | (flags & restore);
    plan->program_trap = stepped && (flags & RFLAGS_TF);
}

/* hlt waits, and what is behind it may have loaded the flags: those have no mark. */
bool step_plan_is_end(const struct step_plan *plan, const struct trap_frame *frame)
{
    if (is_marked(plan))
        return (frame->rflags ^ plan->flags) & RFLAGS_ID;
    if (plan->open && (plan->class == INSN_PUSHF || plan->class == INSN_POPF))
        return frame->rip - plan->rip <= INSN_LENGTH_MAX;
    return true;
}

void step_plan_retry(struct step_plan *plan, struct trap_frame *frame)
{
    plan->open = true;
    plan->loads_if = true;
    arm(plan, frame);
}
