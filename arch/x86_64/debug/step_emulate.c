/* step_emulate.c: instructions that a step carries out on the frame (Intel SDM vol. 2). */
#include "step_emulate.h"

#define EFER_SCE  1u
#define MSR_STAR  0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_FMASK 0xc0000084u

/* What every instruction that completes does. */
static void advance(struct trap_frame *frame, const struct insn *insn)
{
    frame->rip += insn->length;
    frame->rflags &= ~(uint64_t)RFLAGS_RF;
}

bool step_emulate_if(struct trap_frame *frame, const struct insn *insn)
{
    if (!frame_may_change_if(frame))
        return false;
    if (insn->class == INSN_STI)
        frame->rflags |= RFLAGS_IF;
    else
        frame->rflags &= ~(uint64_t)RFLAGS_IF;
    advance(frame, insn);
    return true;
}

bool step_emulate_hlt(struct trap_frame *frame, const struct insn *insn)
{
    if (frame_cpl(frame) != 0)
        return false;
    advance(frame, insn);
    return true;
}

/* The callback's view of the program: its general registers by number, bases by MSR. */
struct program {
    const struct trap_frame *frame;
    const struct step_machine *machine;
};

static bool read_register(void *context, enum insn_register which, uint64_t *value)
{
    static const uint8_t offset[] = {
        FRAME_RAX, FRAME_RCX, FRAME_RDX, FRAME_RBX, FRAME_RSP, FRAME_RBP, FRAME_RSI, FRAME_RDI,
        FRAME_R8,  FRAME_R9,  FRAME_R10, FRAME_R11, FRAME_R12, FRAME_R13, FRAME_R14, FRAME_R15};
    const struct program *program = context;
    const struct step_machine *machine = program->machine;

    if (which == INSN_FS_BASE || which == INSN_GS_BASE)
        return machine->read_msr(machine->context,
                                 which == INSN_FS_BASE ? MSR_FS_BASE : MSR_GS_BASE, value);
    *value = *(const uint64_t *)((const char *)program->frame + offset[which]);
    return true;
}

/* The operand of mov ss. Memory only in ring 0, where any address may be read. */
static bool mov_ss_operand(const struct trap_frame *frame, const struct insn *insn,
                           const struct step_machine *machine, uint16_t *selector)
{
    struct program program = {frame, machine};
    uint64_t value;

    if (insn->memory_count)
        return frame_cpl(frame) == 0 &&
               insn_effective_address(insn, 0, read_register, &program, &value) &&
               machine->read_memory(machine->context, value, selector, 2) == 2;
    read_register(&program, insn->source, &value);
    *selector = (uint16_t)value;
    return true;
}

/* May ss be loaded with this? In 64-bit mode it may be null, but not in ring 3 (SDM vol. 2, MOV).
 */
static bool is_stack_segment(const struct step_machine *machine, uint16_t selector, unsigned cpl)
{
    struct segment segment;

    if ((selector & 3) != cpl)
        return false;
    if (selector < 4)
        return cpl < 3;
    return segment_read(machine, selector, &segment) && segment.is_writable && segment.dpl == cpl;
}

bool step_emulate_mov_ss(struct trap_frame *frame, const struct insn *insn,
                         const struct step_machine *machine)
{
    uint16_t selector;

    if (!mov_ss_operand(frame, insn, machine, &selector) ||
        !is_stack_segment(machine, selector, frame_cpl(frame)))
        return false;
    frame->ss = selector;
    advance(frame, insn);
    return true;
}

/* In 48 bits. Where 57 are in use, the processor gets to do the wider ones itself. */
static bool canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

/*
 * The stack that a handler in the given segment starts on, and its CPL (SDM vol. 3, 6.14.4
 * and 6.14.5: an IST entry always, else RSPn if the handler is more privileged; 16-byte aligned in
 * any case).
 */
static bool handler_stack(const struct trap_frame *frame, const struct gate *gate,
                          const struct step_machine *machine, uint64_t *rsp, unsigned *cpl)
{
    struct segment code;

    *cpl = frame_cpl(frame);
    if (!segment_read(machine, gate->selector, &code) || !code.is_64bit || code.dpl > *cpl)
        return false;
    bool inner = !code.is_conforming && code.dpl < *cpl;
    if (inner)
        *cpl = code.dpl;
    *rsp = frame->rsp;
    if ((inner || gate->ist) && !task_stack(machine, gate->ist, *cpl, rsp))
        return false;
    *rsp &= ~15ull;
    return true;
}

/* SDM vol. 2, INT n; vol. 3, 6.14.2 for the frame. entry_flags is how the debugger was entered. */
bool step_emulate_int(struct trap_frame *frame, const struct insn *insn,
                      const struct step_machine *machine)
{
    struct gate gate;
    uint64_t rsp;
    unsigned cpl, old_cpl = frame_cpl(frame);

    if (insn->immediate < 32 || !gate_read(machine, (unsigned)insn->immediate, &gate) ||
        gate.dpl < old_cpl || !canonical(gate.offset) ||
        !handler_stack(frame, &gate, machine, &rsp, &cpl))
        return false;

    const uint64_t image[] = {frame->rip + insn->length, frame->cs,
                              frame->rflags & ~(uint64_t)RFLAGS_RF, frame->rsp, frame->ss};
    rsp -= sizeof(image);
    if (machine->write_memory(machine->context, rsp, image, sizeof(image)) != sizeof(image))
        return false;
    frame->rip = gate.offset;
    frame->cs = (gate.selector & ~3u) | cpl;
    frame->rsp = rsp;
    if (cpl != old_cpl)
        frame->ss = cpl; /* null, with the new CPL */
    frame->rflags &= ~(uint64_t)(RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM);
    if (gate.clears_if)
        frame->rflags &= ~(uint64_t)RFLAGS_IF;
    return true;
}

/* The processor trusts STAR blindly; we leave by iretq, which does not. */
static bool syscall_segments(const struct step_machine *machine, uint16_t cs, uint16_t ss)
{
    struct segment code;

    return segment_read(machine, cs, &code) && code.is_64bit && code.dpl == 0 &&
           is_stack_segment(machine, ss, 0);
}

bool step_emulate_syscall(struct trap_frame *frame, const struct insn *insn,
                          const struct step_machine *machine)
{
    uint64_t efer, star, lstar, mask;

    if (!machine->read_msr(machine->context, MSR_EFER, &efer) || !(efer & EFER_SCE) ||
        !machine->read_msr(machine->context, MSR_STAR, &star) ||
        !machine->read_msr(machine->context, MSR_LSTAR, &lstar) ||
        !machine->read_msr(machine->context, MSR_FMASK, &mask))
        return false;
    uint16_t cs = (uint16_t)(star >> 32) & 0xfffc, ss = (uint16_t)(cs + 8);
    if (!syscall_segments(machine, cs, ss))
        return false;
    advance(frame, insn);
    frame->rcx = frame->rip;
    frame->r11 = frame->rflags;
    frame->rflags &= ~mask;
    frame->rip = lstar;
    frame->cs = cs;
    frame->ss = ss;
    return true;
}
