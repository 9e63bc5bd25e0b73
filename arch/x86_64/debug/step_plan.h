/*
 * step_plan.h: how to execute one instruction so that the program cannot tell it was stepped.
 *
 * A hardware step needs RFLAGS.TF set, and RFLAGS.IF clear if no interrupt shall be served between
 * (Intel SDM vol. 3, 17.3.1.4 "Single-Step Exception Condition"). Both are the program's own flags,
 * and a dozen instructions show them, store them, load them or depend on them. A plan says for each
 * which way is the truer one: let the processor do it and repair the traces afterwards, or do the
 * instruction's work on the frame without running it at all. What was chosen and why:
 *
 *   pushf           hardware; the image on the stack gets the program's flags. (Emulating would
 * hide the store from data breakpoints.) popf, iret      hardware; both load TF themselves, and IF
 * if CPL <= IOPL: what they loaded stays. The trap comes after the instruction because TF was set
 * before it, so iret traps at its target, and NMIs are unblocked as they should be. cli, sti
 * emulated where CPL <= IOPL, else hardware: they fault. QEMU 7.2 does not trap between sti and the
 * next instruction, which then goes unseen; a processor does. hlt, mwait      emulated: nothing
 * happens. A pending trap wakes a processor (SDM vol. 2, HLT), but QEMU 7.2 would sleep until an
 * interrupt comes, and with IF clear none can. With interrupts on and IF set the processor executes
 * it, and an interrupt ends it. mov ss          emulated: a processor does not trap before the next
 * instruction (SDM vol. 3, 6.8.3), which then goes unseen. One that faults is left to the
 * processor. int n           emulated for n >= 32: the processor would store our flags in the
 * handler's frame, clear TF and run all of the handler. The step ends at the handler's first
 *                   instruction. Exceptions go to the debugger first anyway, in hardware.
 *   int3, icebp     hardware: they trap into the debugger, or fault.
 *   syscall         emulated: r11 would show our flags, and a mask with TF makes all of the kernel
 * run. The step ends at the entry in LSTAR, on the *user's* stack: see on_user_stack. sysret
 * hardware, with TF set in r11 as well, which is given back afterwards. sysenter        hardware:
 * it clears IF and stores nothing. rep             hardware; it traps after each iteration. faults
 * the flags in the frame are repaired before anybody sees them.
 *
 * In 32-bit compatibility mode the same, but for syscall and mov ss from memory: hardware.
 *
 * Pure but for the callbacks. The program's own use of TF stays the program's: see program_trap.
 */
#ifndef TRAPLINE_STEP_PLAN_H
#define TRAPLINE_STEP_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

#define RFLAGS_ID 0x200000u /* the mark: see step_plan_is_end() */

/* Where the processor finds its tables (sgdt, sidt, str). */
struct step_tables {
    uint64_t gdt_base, idt_base;
    uint16_t gdt_limit, idt_limit;
    uint16_t task; /* selector of the TSS */
};

/* The machine, as far as a step needs it. Memory is the program's; copies return what they got. */
struct step_machine {
    void *context;
    size_t (*read_memory)(void *context, uint64_t address, void *out, size_t n);
    size_t (*write_memory)(void *context, uint64_t address, const void *in, size_t n);
    bool (*read_msr)(void *context, uint32_t msr, uint64_t *value);
    void (*tables)(void *context, struct step_tables *out);
    bool (*may_execute)(void *context, const struct trap_frame *frame); /* what is read is code */
};

enum step_interrupts {
    STEP_INTERRUPTS_OFF, /* none is served during the step */
    STEP_INTERRUPTS_ON,  /* those that are pending are, untraced, before the instruction; not if it
                          * is one that shows or loads the flags: then before the next one */
};

enum step_kind {
    STEP_HARDWARE, /* leave through the frame; the next exception ends the step */
    STEP_EMULATED, /* done, the frame is the one after the instruction */
};

struct step_plan {
    /* What the step came to; valid when it has ended. */
    bool program_trap;  /* the program had TF set by itself: it expects a #DB of its own here */
    bool on_user_stack; /* emulated syscall: ring 0, but rsp is still the user's. A #DB without IST
                         * would be pushed there, which SMAP makes a double fault. */

    /* Between begin and end. */
    bool open;          /* a handler may run before the instruction, and others with it */
    bool shows_flags;   /* all of them: it stores or loads them */
    uint8_t class;      /* enum insn_class, INSN_ORDINARY for all that are not sensitive */
    bool loads_if;      /* IF in the frame is the program's: loaded by it, or never changed */
    uint64_t rip;       /* of the instruction */
    uint64_t image_end; /* where rip is after a pushf, 0 if there is none */
    uint64_t flags;     /* TF, IF and ID as the program has them */
    uint64_t r11;       /* sysret: TF in r11 as the program has it */
};

/*
 * Plan the instruction at frame->rip and prepare the frame for it, or carry it out there. The frame
 * must be a copy that does not lie on the program's stack: an emulated int n writes below its rsp.
 *
 * A step with interrupts off never serves one, and neither do a thousand in a row: code that waits
 * for an interrupt waits for ever. Who steps silently must now and then step with interrupts on.
 */
enum step_kind step_plan_begin(struct step_plan *plan, struct trap_frame *frame,
                               const struct step_machine *machine, enum step_interrupts interrupts);

/*
 * Some exception came while a hardware step was under way. Repair its frame, before anybody looks
 * at it. stepped: it is the #DB with DR6.BS. If it is another one and the instruction is still to
 * be executed, the frame is as before step_plan_begin().
 */
void step_plan_end(struct step_plan *plan, struct trap_frame *frame,
                   const struct step_machine *machine, bool stepped);

/*
 * Is the #DB with DR6.BS and this frame the end of the instruction? If others may have run since it
 * was begun, one of them may have set TF by itself: then it is theirs. A step that is open to them
 * bears a mark: RFLAGS.ID is inverted, which means nothing to a processor (Intel SDM vol. 1,
 * 3.4.3.3), is changed by nobody but by who loads all flags, and is saved and loaded with TF, on
 * whatever stack the kernel keeps them.
 */
bool step_plan_is_end(const struct step_plan *plan, const struct trap_frame *frame);

/*
 * After that: the exception goes to the program's own handler, which may resolve it (a page fault),
 * and the step shall go on when it returns. The handler sees the true IF, and TF in the frame.
 */
void step_plan_retry(struct step_plan *plan, struct trap_frame *frame);

#endif
