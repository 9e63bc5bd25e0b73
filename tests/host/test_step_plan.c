/*
 * test_step_plan.c: a stepped instruction leaves what an unstepped one leaves, and the program's
 * own use of the flags stays its own.
 */
#include "insn.h"
#include "step_plan.h"
#include "step_world.h"
#include "test.h"

#include <inttypes.h>
#include <string.h>

static enum step_kind step(struct world *w, enum step_interrupts interrupts, struct step_plan *plan)
{
    struct step_machine machine = world_machine(w);
    enum step_kind kind = step_plan_begin(plan, &w->frame, &machine, interrupts);
    if (kind == STEP_HARDWARE) {
        CHECK(w->frame.rflags & TF);
        CHECK(interrupts == STEP_INTERRUPTS_ON || !(w->frame.rflags & IF));
        bool executed = world_execute(w);
        step_plan_end(plan, &w->frame, &machine, executed);
    }
    return kind;
}

static void same_world(const struct world *a, const struct world *b, const char *what)
{
    const struct trap_frame *f = &a->frame, *g = &b->frame;
    CHECK(f->rflags == g->rflags, "%s: rflags %#" PRIx64 ", unstepped %#" PRIx64, what, f->rflags,
          g->rflags);
    CHECK(f->rip == g->rip, "%s: rip %#" PRIx64 ", unstepped %#" PRIx64, what, f->rip, g->rip);
    CHECK(f->r11 == g->r11, "%s: r11 %#" PRIx64 ", unstepped %#" PRIx64, what, f->r11, g->r11);
    CHECK(!memcmp(f, g, sizeof *f), "%s: the frame differs", what);
    CHECK(!memcmp(a->memory, b->memory, sizeof a->memory), "%s: memory differs", what);
}

#define CODE_BYTES(text) text, sizeof(text) - 1
static const struct instruction {
    const char *name, *bytes;
    size_t n;
    enum step_kind kind; /* in ring 0 */
} instructions[] = {
    {"nop", CODE_BYTES("\x90"), STEP_HARDWARE},
    {"pushfq", CODE_BYTES("\x9c"), STEP_HARDWARE},
    {"pushf", CODE_BYTES("\x66\x9c"), STEP_HARDWARE},
    {"popfq", CODE_BYTES("\x9d"), STEP_HARDWARE},
    {"cli", CODE_BYTES("\xfa"), STEP_EMULATED},
    {"sti", CODE_BYTES("\xfb"), STEP_EMULATED},
    {"hlt", CODE_BYTES("\xf4"), STEP_EMULATED},
    {"iretq", CODE_BYTES("\x48\xcf"), STEP_HARDWARE},
    {"int 0x80", CODE_BYTES("\xcd\x80"), STEP_EMULATED},
    {"int 0x40", CODE_BYTES("\xcd\x40"), STEP_EMULATED},
    {"int 0x43", CODE_BYTES("\xcd\x43"), STEP_EMULATED},
    {"syscall", CODE_BYTES("\x0f\x05"), STEP_EMULATED},
    {"sysretq", CODE_BYTES("\x48\x0f\x07"), STEP_HARDWARE},
    {"sysenter", CODE_BYTES("\x0f\x34"), STEP_HARDWARE},
    {"mov ss, eax", CODE_BYTES("\x8e\xd0"), STEP_EMULATED},
};

/* Every combination of the program's flags: bits of the loop counter. */
static struct world world_for(const struct instruction *instruction, unsigned bits)
{
    unsigned cpl = bits & 1 ? 3 : 0;
    struct world w = world_new(instruction->bytes, instruction->n, cpl);
    uint64_t flags = (bits & 2 ? IF : 0) | (bits & 4 ? TF : 0) | (bits & 8 ? IOPL | NT : 0);
    uint64_t loaded = 0x2 | (bits & 16 ? IF : 0) | (bits & 32 ? TF : 0);
    uint64_t image[] = {BASE + CODE + 32, w.frame.cs, loaded, BASE + STACK - 64, w.frame.ss};

    w.frame.rflags |= flags | (bits & 64 ? RF : 0);
    if (!strcmp(instruction->name, "popfq"))
        world_put64(&w, STACK - 256, loaded);
    else
        memcpy(w.memory + STACK - 256, image, sizeof image);
    w.frame.r11 = loaded;
    w.fmask = bits & 128 ? w.fmask : 0;
    return w;
}

/* Does the program, with TF set by itself, get a #DB of its own after this? */
static bool expects_trap(const struct instruction *instruction, const struct world *before,
                         const struct world *after)
{
    const char *name = instruction->name;
    if (!strncmp(name, "int", 3) || !strncmp(name, "mov ss", 6))
        return false;
    if (!strcmp(name, "sysretq"))
        return before->frame.r11 & TF;
    if (!strcmp(name, "syscall"))
        return before->frame.rflags & after->frame.rflags & TF;
    return before->frame.rflags & TF;
}

static void compare(const struct instruction *instruction, unsigned bits,
                    enum step_interrupts interrupts)
{
    struct world before = world_for(instruction, bits), stepped = before, unstepped = before;
    struct step_plan plan;
    bool executed = world_execute(&unstepped);
    enum step_kind kind = step(&stepped, interrupts, &plan);

    if (!executed) {
        CHECK(kind == STEP_HARDWARE, "%s", instruction->name);
        same_world(&stepped, &before, instruction->name);
        CHECK(!plan.program_trap, "%s", instruction->name);
        return;
    }
    same_world(&stepped, &unstepped, instruction->name);
    CHECK(plan.program_trap == expects_trap(instruction, &before, &unstepped), "%s bits %#x",
          instruction->name, bits);
    CHECK(plan.on_user_stack == ((bits & 1) && !strcmp(instruction->name, "syscall")), "%s",
          instruction->name);
    bool hlt = !strcmp(instruction->name, "hlt");
    if (!(bits & 1) && !(hlt && interrupts == STEP_INTERRUPTS_ON))
        CHECK(kind == instruction->kind, "%s", instruction->name);
}

TEST(step_plan_leaves_what_the_processor_leaves)
{
    for (size_t i = 0; i < sizeof instructions / sizeof instructions[0]; i++)
        for (unsigned bits = 0; bits < 256; bits++) {
            compare(&instructions[i], bits, STEP_INTERRUPTS_OFF);
            compare(&instructions[i], bits, STEP_INTERRUPTS_ON);
        }
}

static struct step_plan begun(struct world *w, enum step_kind expected)
{
    struct step_machine machine = world_machine(w);
    struct step_plan plan;
    struct trap_frame before = w->frame;
    enum step_kind kind = step_plan_begin(&plan, &w->frame, &machine, STEP_INTERRUPTS_OFF);
    CHECK(kind == expected);
    if (kind == STEP_EMULATED)
        return plan;
    before.rflags = (before.rflags | TF) & ~IF;
    CHECK(!memcmp(&before, &w->frame, sizeof before), "more than TF and IF was changed");
    return plan;
}

static void end(struct step_plan *plan, struct world *w, bool stepped)
{
    struct step_machine machine = world_machine(w);
    step_plan_end(plan, &w->frame, &machine, stepped);
}

#define WORLD(text, cpl) world_new(CODE_BYTES(text), cpl)

TEST(step_plan_fault_shows_true_flags_and_can_be_retried)
{
    struct world w = WORLD("\x9c", 0);
    struct step_machine machine = world_machine(&w);
    w.frame.rflags |= IF;
    struct world before = w;
    struct step_plan plan = begun(&w, STEP_HARDWARE);
    end(&plan, &w, false); /* say, a page fault: pushf was not executed */
    same_world(&w, &before, "after the fault");

    step_plan_retry(&plan, &w.frame);
    CHECK((w.frame.rflags & (TF | IF)) == (TF | IF));
    world_execute(&w);
    step_plan_end(&plan, &w.frame, &machine, true);
    world_execute(&before);
    same_world(&w, &before, "after the retry");
    CHECK(!plan.program_trap);
}

/* The target of an iretq may be bad: the flags in the fault's frame are those that were loaded. */
TEST(step_plan_fault_after_the_instruction_keeps_what_it_loaded)
{
    struct world w = WORLD("\x48\xcf", 0);
    uint64_t image[] = {0x1234, KERNEL_CS, 0x2 | IF, BASE + STACK, KERNEL_DS};
    memcpy(w.memory + STACK - 256, image, sizeof image);
    struct step_plan plan = begun(&w, STEP_HARDWARE);
    world_execute(&w);
    end(&plan, &w, false);
    CHECK(w.frame.rip == 0x1234 && w.frame.rflags == (0x2 | IF));
}

TEST(step_plan_sysret_that_faults_gets_its_r11_back)
{
    struct world w = WORLD("\x48\x0f\x07", 3), before = w;
    struct step_machine machine = world_machine(&w);
    struct step_plan plan;
    CHECK(step_plan_begin(&plan, &w.frame, &machine, STEP_INTERRUPTS_OFF) == STEP_HARDWARE);
    CHECK(w.frame.r11 & TF);
    end(&plan, &w, false);
    same_world(&w, &before, "sysret");
    step_plan_retry(&plan, &w.frame);
    CHECK(w.frame.r11 & TF);
}

/* The fault is to come from the processor, which fetches it. */
TEST(step_plan_emulates_nothing_that_cannot_be_executed)
{
    static const char *const code[] = {"\xfa", "\xfb", "\xf4", "\xcd\x80", "\x0f\x05", "\x8e\xd0"};
    for (unsigned i = 0; i < sizeof code / sizeof code[0]; i++) {
        struct world w = world_new(code[i], strlen(code[i]), 0);
        world_set_gate(&w, 0x80, 0xee, 0);
        struct world before = w;
        begun(&w, STEP_EMULATED);
        w = before;
        w.no_execute = before.no_execute = true;
        struct step_plan plan = begun(&w, STEP_HARDWARE);
        end(&plan, &w, false);
        same_world(&w, &before, "after the fault");
    }
}

/* mov cr3 and the like may leave any rip; a call to 0 must not be taken for the end of a pushf. */
TEST(step_plan_call_to_null_repairs_no_image)
{
    struct world w = WORLD("\xff\xd0", 0);
    struct step_plan plan = begun(&w, STEP_HARDWARE);
    memset(w.memory + STACK - 264, 0xff, 16);
    w.frame.rip = 0;
    w.frame.rsp -= 8;
    end(&plan, &w, true);
    CHECK(world_get64(&w, w.frame.rsp) == ~0ull);
}

TEST(step_plan_int3_and_icebp_keep_true_flags)
{
    static const char *const code[] = {"\xcc", "\xf1", "\xcd\x03"};
    for (size_t i = 0; i < 3; i++) {
        struct world w = world_new(code[i], strlen(code[i]), 0);
        world_set_gate(&w, 3, 0xee, 0); /* the debugger's own door: not to be stepped through */
        w.frame.rflags |= IF;
        uint64_t flags = w.frame.rflags;
        struct step_plan plan = begun(&w, STEP_HARDWARE);
        w.frame.rip += strlen(code[i]); /* a trap: rip is behind it, TF in the frame */
        end(&plan, &w, false);
        CHECK(w.frame.rflags == flags && !plan.program_trap, "%02x", (uint8_t)code[i][0]);
    }
}

TEST(step_plan_unreadable_code_is_left_to_the_processor)
{
    struct world w = WORLD("\x9c", 0);
    w.frame.rip = 0x1234;
    struct step_plan plan = begun(&w, STEP_HARDWARE);
    CHECK(plan.class == INSN_ORDINARY);
    w = WORLD("\x90", 0); /* cut by the end of memory after its first byte */
    w.memory[SIZE - 1] = 0xcd;
    w.frame.rip = BASE + SIZE - 1;
    plan = begun(&w, STEP_HARDWARE);
    CHECK(plan.class == INSN_ORDINARY);
}

TEST(step_plan_hlt_waits_only_when_something_can_wake_it)
{
    for (unsigned bits = 0; bits < 4; bits++) {
        struct world w = WORLD("\xf4", 0);
        struct step_machine machine = world_machine(&w);
        struct step_plan plan;
        bool on = bits & 1, enabled = bits & 2;
        w.frame.rflags |= enabled ? IF : 0;
        enum step_kind kind = step_plan_begin(&plan, &w.frame, &machine,
                                              on ? STEP_INTERRUPTS_ON : STEP_INTERRUPTS_OFF);
        CHECK(kind == (on && enabled ? STEP_HARDWARE : STEP_EMULATED), "bits %u", bits);
        CHECK(!!(w.frame.rflags & IF) == enabled, "bits %u", bits);
        CHECK(kind == STEP_HARDWARE || w.frame.rip == BASE + CODE + 1, "bits %u", bits);
    }
}

/* What QEMU does: hlt, the interrupt, and one more instruction before the trap. */
TEST(step_plan_instruction_after_hlt_keeps_its_effect)
{
    static const char *const code[] = {"\xf4\xfa", "\xf4\x9c"};
    for (size_t i = 0; i < 2; i++) {
        struct world w = world_new(code[i], 2, 0);
        w.frame.rflags |= IF;
        struct world unstepped = w;
        struct step_machine machine = world_machine(&w);
        struct step_plan plan;
        step_plan_begin(&plan, &w.frame, &machine, STEP_INTERRUPTS_ON);
        CHECK(world_execute(&w) && world_execute(&w));
        end(&plan, &w, true);
        CHECK(world_execute(&unstepped) && world_execute(&unstepped));
        same_world(&w, &unstepped, i ? "hlt; pushf" : "hlt; cli");
    }
}

TEST(step_plan_mov_ss_operands)
{
    struct world w = WORLD("\x8e\x10", 0); /* mov ss, [rax] */
    w.frame.rax = BASE + DATA;
    world_put64(&w, DATA, KERNEL_DS);
    w.frame.ss = 0;
    begun(&w, STEP_EMULATED);
    CHECK(w.frame.ss == KERNEL_DS && w.frame.rip == BASE + CODE + 2);

    w = WORLD("\x65\x8e\x14\x25\x08\0\0\0", 0); /* mov ss, gs:[8] */
    world_put64(&w, DATA + 8, KERNEL_DS);
    w.frame.ss = 0;
    begun(&w, STEP_EMULATED);
    CHECK(w.frame.ss == KERNEL_DS && w.frame.rip == BASE + CODE + 8);

    w = WORLD("\x64\x8e\x10", 0); /* fs:, whose base cannot be had here */
    begun(&w, STEP_HARDWARE);
    w = WORLD("\x41\x8e\xd7", 0); /* mov ss, r15d */
    w.frame.r15 = 0xffff0000;
    begun(&w, STEP_EMULATED); /* null, in ring 0 */
    CHECK(w.frame.ss == 0);
}

TEST(step_plan_mov_ss_that_faults_is_left_to_the_processor)
{
    static const struct {
        unsigned selector, cpl;
    } bad[] = {
        {KERNEL_DS | 3, 0}, {USER_DS | 3, 0},  {0, 3},         {3, 3},    {3, 0},
        {KERNEL_CS, 0},     {READ_ONLY_DS, 0}, {ABSENT_DS, 0}, {TASK, 0}, {KERNEL_DS, 3},
        {KERNEL_DS | 3, 3}, {0x60, 0},         {0xfff8, 0},    {4, 0},    {KERNEL_DS | 4, 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct world w = WORLD("\x8e\xd0", bad[i].cpl);
        world_put64(&w, GDT + 0x60, 0x00cf93000000ffff); /* behind the limit */
        w.frame.rax = bad[i].selector;
        struct world before = w;
        struct step_plan plan = begun(&w, STEP_HARDWARE);
        end(&plan, &w, false);
        same_world(&w, &before, "mov ss");
    }
}

/* Others may run before the instruction, and trap by a TF of their own. */
TEST(step_plan_knows_its_own_trap)
{
    for (size_t i = 0; i < sizeof instructions / sizeof instructions[0]; i++)
        for (unsigned bits = 0; bits < 256; bits++) {
            struct world w = world_for(&instructions[i], bits);
            struct trap_frame others = {.rip = HANDLER, .rflags = w.frame.rflags | TF};
            struct step_machine machine = world_machine(&w);
            struct step_plan plan;
            enum step_kind kind =
                step_plan_begin(&plan, &w.frame, &machine, STEP_INTERRUPTS_ON);
            if (kind == STEP_EMULATED)
                continue;
            CHECK(!plan.open || !step_plan_is_end(&plan, &others), "%s", instructions[i].name);
            CHECK(plan.open || !(w.frame.rflags & IF), "%s", instructions[i].name);
            if (world_execute(&w))
                CHECK(step_plan_is_end(&plan, &w.frame), "%s", instructions[i].name);
        }
}

/* From memory in ring 3 the processor executes it, and the next one with it. */
TEST(step_plan_pushf_behind_mov_ss_is_repaired)
{
    struct world w = WORLD("\x8e\x10\x9c", 3), unstepped = w;
    w.frame.rflags = unstepped.frame.rflags |= IF;
    struct step_plan plan = begun(&w, STEP_HARDWARE);
    w.frame.rip += 2;
    world_execute(&w);
    end(&plan, &w, true);
    unstepped.frame.rip += 2;
    world_execute(&unstepped);
    same_world(&w, &unstepped, "mov ss; pushf");
}

TEST(step_plan_int_that_faults_is_left_to_the_processor)
{
    enum {
        OFFSET_HIGH,
        TYPE,
        ABSENT,
        LOW_DPL,
        SELECTOR,
        NULL_SELECTOR,
        LIMIT,
        STACK_FAULT,
        NO_IST,
        KINDS
    };
    for (unsigned kind = 0; kind < KINDS; kind++) {
        struct world w = WORLD("\xcd\x80", 3);
        uint8_t *gate = w.memory + IDT + 16 * 0x80;
        if (kind == OFFSET_HIGH)
            gate[11] = 0x7f; /* not canonical */
        if (kind == TYPE)
            gate[5] = 0xec; /* a call gate */
        if (kind == ABSENT)
            gate[5] = 0x6e;
        if (kind == LOW_DPL)
            gate[5] = 0x8e;
        if (kind == SELECTOR)
            gate[2] = USER_CS32;
        if (kind == NULL_SELECTOR)
            gate[2] = 0, world_put64(&w, GDT, 0x00af9b000000ffff);
        if (kind == LIMIT)
            w.idt_limit = 0x80f - 1;
        if (kind == STACK_FAULT)
            world_put64(&w, TSS + 4, 0x10000);
        if (kind == NO_IST)
            gate[4] = 5, world_put64(&w, TSS + 36 + 32, 1ull << 50);
        struct world before = w;
        struct step_plan plan = begun(&w, STEP_HARDWARE);
        end(&plan, &w, false);
        same_world(&w, &before, "int 0x80");
    }
}

TEST(step_plan_int_by_the_last_gate_of_the_table)
{
    struct world w = WORLD("\xcd\x80", 3);
    w.idt_limit = 16 * 0x80 + 15;
    begun(&w, STEP_EMULATED);
}

TEST(step_plan_int_to_a_conforming_segment_keeps_the_ring)
{
    struct world w = WORLD("\xcd\x80", 3);
    w.memory[IDT + 16 * 0x80 + 2] = CONFORMING_CS;
    uint64_t rsp = w.frame.rsp;
    begun(&w, STEP_EMULATED);
    CHECK(w.frame.cs == (CONFORMING_CS | 3) && w.frame.ss == (USER_DS | 3));
    CHECK(w.frame.rsp == (rsp & ~15ull) - 40 && w.frame.rip == HANDLER);
}

TEST(step_plan_syscall_that_cannot_be_left_by_iret_is_left_to_the_processor)
{
    enum { USER_CODE_AGAIN = 0x50 };
    for (unsigned kind = 0; kind < 3; kind++) {
        struct world w = WORLD("\x0f\x05", 3);
        if (kind == 0)
            w.efer = 0;
        else
            w.star = kind == 1 ? 0 : (uint64_t)USER_CODE_AGAIN << 32;
        world_put64(&w, GDT + USER_CODE_AGAIN, 0x00affb000000ffff);
        world_put64(&w, GDT + USER_CODE_AGAIN + 8, 0x00cf93000000ffff);
        struct world before = w;
        struct step_plan plan = begun(&w, STEP_HARDWARE);
        end(&plan, &w, false);
        same_world(&w, &before, "syscall");
    }
}

TEST(step_plan_in_32_bit_code_a_rex_prefix_is_an_instruction)
{
    struct world w = WORLD("\x48\x9d", 3); /* dec eax; popf */
    w.frame.cs = USER_CS32 | 3;
    struct step_plan plan = begun(&w, STEP_HARDWARE);
    CHECK(plan.class == INSN_ORDINARY);
    w.frame.rip += 1;
    end(&plan, &w, true);
    CHECK(!(w.frame.rflags & TF));

    w = WORLD("\xcd\x80", 3); /* int 0x80 is what it is */
    w.frame.cs = USER_CS32 | 3;
    begun(&w, STEP_EMULATED);
    CHECK(w.frame.rip == HANDLER && world_get64(&w, w.frame.rsp + 8) == (USER_CS32 | 3));
    w = WORLD("\x0f\x05", 3);
    w.frame.cs = USER_CS32 | 3;
    begun(&w, STEP_HARDWARE);
}
