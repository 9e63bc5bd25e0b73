/* step_emulate.h: the instructions that a step carries out itself. Private to step_plan.c. */
#ifndef TRAPLINE_STEP_EMULATE_H
#define TRAPLINE_STEP_EMULATE_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "insn.h"
#include "processor.h"
#include "step_plan.h"

#define RFLAGS_IOPL 0x3000u
#define RFLAGS_NT   0x4000u
#define RFLAGS_VM   0x20000u

static inline unsigned frame_cpl(const struct trap_frame *frame)
{
    return frame->cs & 3;
}

static inline bool frame_may_change_if(const struct trap_frame *frame)
{
    return frame_cpl(frame) <= (frame->rflags & RFLAGS_IOPL) >> 12;
}

/* A code or data segment (Intel SDM vol. 3, 3.4.5). */
struct segment {
    bool is_code, is_64bit, is_conforming, is_writable;
    uint8_t dpl;
};

/* False: not a present code or data segment of the GDT. */
bool segment_read(const struct step_machine *machine, uint16_t selector, struct segment *out);

/* An interrupt or trap gate (Intel SDM vol. 3, 6.14.1). */
struct gate {
    uint64_t offset;
    uint16_t selector;
    uint8_t ist, dpl;
    bool clears_if;
};

bool gate_read(const struct step_machine *machine, unsigned vector, struct gate *out);

/* Offsets in the TSS: RSP0..2 and IST1..7 (Intel SDM vol. 3, 7.7). */
#define TASK_RSP(cpl) (4 + 8 * (cpl))
#define TASK_IST(ist) (36 + 8 * ((ist) - 1))

/* Where the TSS that is loaded has the stack pointer of that offset. */
bool task_stack_slot(const struct step_machine *machine, unsigned offset, uint64_t *address);

/* The stack of an interrupt gate with that IST, or of an entry to that CPL if it is 0. */
bool task_stack(const struct step_machine *machine, unsigned ist, unsigned cpl, uint64_t *rsp);

/*
 * Each does to the frame what the instruction would do. False: it would fault, or what it needs
 * cannot be read or written; nothing has changed then, and the processor has to find out itself.
 */
bool step_emulate_if(struct trap_frame *frame, const struct insn *insn);
bool step_emulate_hlt(struct trap_frame *frame, const struct insn *insn);
bool step_emulate_mov_ss(struct trap_frame *frame, const struct insn *insn,
                         const struct step_machine *machine);
bool step_emulate_int(struct trap_frame *frame, const struct insn *insn,
                      const struct step_machine *machine);
bool step_emulate_syscall(struct trap_frame *frame, const struct insn *insn,
                          const struct step_machine *machine);

#endif
