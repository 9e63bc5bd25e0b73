/* step_world.c: see step_world.h. */
#include "step_world.h"

#include "test.h"

#include <inttypes.h>
#include <string.h>

static size_t in_range(uint64_t address, size_t n)
{
    uint64_t offset = address - BASE;
    return offset >= SIZE ? 0 : n < SIZE - offset ? n : SIZE - offset;
}

static size_t read_memory(void *context, uint64_t address, void *out, size_t n)
{
    struct world *w = context;
    n = in_range(address, n);
    memcpy(out, w->memory + (n ? address - BASE : 0), n);
    return n;
}

static size_t write_memory(void *context, uint64_t address, const void *in, size_t n)
{
    struct world *w = context;
    n = w->read_only ? 0 : in_range(address, n);
    memcpy(w->memory + (n ? address - BASE : 0), in, n);
    return n;
}

static bool read_msr(void *context, uint32_t msr, uint64_t *value)
{
    struct world *w = context;
    switch (msr) {
    case 0xc0000080:
        *value = w->efer;
        return true;
    case 0xc0000081:
        *value = w->star;
        return true;
    case 0xc0000082:
        *value = w->lstar;
        return true;
    case 0xc0000084:
        *value = w->fmask;
        return true;
    case 0xc0000101:
        *value = BASE + DATA;
        return true;
    }
    return false;
}

static void tables(void *context, struct step_tables *out)
{
    struct world *w = context;
    *out = (struct step_tables){.gdt_base = BASE + GDT,
                                .gdt_limit = 0x5f,
                                .idt_base = BASE + IDT,
                                .idt_limit = w->idt_limit,
                                .task = TASK};
}

static bool may_execute(void *context, const struct trap_frame *frame)
{
    const struct world *w = context;
    return !w->no_execute && in_range(frame->rip, 1);
}

struct step_machine world_machine(struct world *w)
{
    return (struct step_machine){w, read_memory, write_memory, read_msr, tables, may_execute};
}

void world_put64(struct world *w, unsigned offset, uint64_t value)
{
    memcpy(w->memory + offset, &value, sizeof value);
}

uint64_t world_get64(const struct world *w, uint64_t address)
{
    uint64_t value;
    CHECK(in_range(address, 8) == 8, "%#" PRIx64, address);
    memcpy(&value, w->memory + (address - BASE), sizeof value);
    return value;
}

void world_set_gate(struct world *w, unsigned vector, unsigned access, unsigned ist)
{
    world_put64(w, IDT + 16 * vector,
                (HANDLER & 0xffff) | KERNEL_CS << 16 | (uint64_t)(ist | access << 8) << 32 |
                    (HANDLER >> 16 & 0xffff) << 48);
    world_put64(w, IDT + 16 * vector + 8, HANDLER >> 32);
}

struct world world_new(const char *code, size_t n, unsigned cpl)
{
    struct world w = {
        .efer = 1,
        .star = 0x0018000800000000ull,
        .lstar = ENTRY,
        .fmask = TF | IF | 0x400,
        .idt_limit = 0xfff,
        .frame = {.rip = BASE + CODE, .rsp = BASE + STACK - 256, .rflags = 0x2 | CARRY},
    };
    w.frame.cs = cpl ? USER_CS | 3 : KERNEL_CS;
    w.frame.ss = cpl ? USER_DS | 3 : KERNEL_DS;
    w.frame.rax = w.frame.ss;
    w.frame.rcx = 0x123456;
    w.frame.r11 = 0x246;
    world_put64(&w, GDT + KERNEL_CS, 0x00af9b000000ffff);
    world_put64(&w, GDT + KERNEL_DS, 0x00cf93000000ffff);
    world_put64(&w, GDT + USER_CS32, 0x00cffb000000ffff);
    world_put64(&w, GDT + USER_DS, 0x00cff3000000ffff);
    world_put64(&w, GDT + USER_CS, 0x00affb000000ffff);
    world_put64(&w, GDT + TASK, 0x00008b0000000067 | ((BASE + TSS) & 0xffffff) << 16);
    world_put64(&w, GDT + TASK + 8, (BASE + TSS) >> 32);
    world_put64(&w, GDT + READ_ONLY_DS, 0x00cf91000000ffff);
    world_put64(&w, GDT + CONFORMING_CS, 0x00af9f000000ffff);
    world_put64(&w, GDT + ABSENT_DS, 0x00cf13000000ffff);
    world_put64(&w, TSS + 4, BASE + KERNEL_STACK);
    world_put64(&w, TSS + 36 + 16, BASE + IST3 + 7); /* IST3, not aligned */
    world_set_gate(&w, 0x80, 0xef, 0);               /* trap gate, DPL 3 */
    world_set_gate(&w, 0x40, 0x8e, 0);               /* interrupt gate, DPL 0 */
    world_set_gate(&w, 0x43, 0xee, 3);               /* interrupt gate, DPL 3, IST3 */
    memset(w.memory + CODE, 0x90, 64);
    memcpy(w.memory + CODE, code, n);
    return w;
}

/* --- a processor -------------------------------------------------------------------------- */

static bool may_change_if(const struct trap_frame *f)
{
    return (f->cs & 3) <= (f->rflags & IOPL) >> 12;
}

static void push(struct world *w, uint64_t value)
{
    w->frame.rsp -= 8;
    world_put64(w, (unsigned)(w->frame.rsp - BASE), value);
}

static uint64_t pop(struct world *w)
{
    w->frame.rsp += 8;
    return world_get64(w, w->frame.rsp - 8);
}

static void load_flags(struct world *w, uint64_t image)
{
    struct trap_frame *f = &w->frame;
    uint64_t writable = (f->cs & 3 ? 0 : IOPL) | (may_change_if(f) ? IF : 0) | TF | NT | 0xcd5;
    f->rflags = (f->rflags & ~writable) | (image & writable);
}

/*
 * The instructions. Each is called with rip behind it already and RF clear, and may change both;
 * false: it faults, and the frame is put back.
 */
static bool nop(struct world *w)
{
    (void)w;
    return true;
}

static bool pushfq(struct world *w)
{
    push(w, w->frame.rflags);
    return true;
}

static bool pushfw(struct world *w)
{
    w->frame.rsp -= 2;
    memcpy(w->memory + (w->frame.rsp - BASE), &w->frame.rflags, 2);
    return true;
}

static bool popfq(struct world *w)
{
    load_flags(w, pop(w));
    return true;
}

static bool cli(struct world *w)
{
    w->frame.rflags &= ~IF;
    return may_change_if(&w->frame);
}

static bool sti(struct world *w)
{
    w->frame.rflags |= IF;
    return may_change_if(&w->frame);
}

static bool hlt(struct world *w)
{
    return (w->frame.cs & 3) == 0;
}

static bool mov_ss_eax(struct world *w)
{
    w->frame.ss = w->frame.rax & 0xffff;
    return true;
}

static bool iretq(struct world *w)
{
    struct trap_frame *f = &w->frame;
    uint64_t rip = pop(w), cs = pop(w), flags = pop(w), rsp = pop(w), ss = pop(w);

    load_flags(w, flags);
    f->rip = rip;
    f->cs = cs;
    f->rsp = rsp;
    f->ss = ss;
    return true;
}

static bool int_n(struct world *w)
{
    struct trap_frame *f = &w->frame, old = *f;
    unsigned vector = w->memory[f->rip - 1 - BASE];
    uint64_t gate = world_get64(w, BASE + IDT + 16 * vector), ist = gate >> 32 & 7;

    if ((gate >> 45 & 3) < (old.cs & 3))
        return false;
    if (ist)
        f->rsp = world_get64(w, BASE + TSS + 36 + 8 * (ist - 1));
    else if (old.cs & 3)
        f->rsp = world_get64(w, BASE + TSS + 4);
    f->rsp &= ~15ull;
    push(w, old.ss);
    push(w, old.rsp);
    push(w, old.rflags);
    push(w, old.cs);
    push(w, old.rip);
    f->cs = KERNEL_CS;
    f->ss = old.cs & 3 ? 0 : old.ss;
    f->rip = HANDLER;
    f->rflags &= ~(TF | NT | (gate & 1ull << 40 ? 0 : IF));
    return true;
}

static bool syscall(struct world *w)
{
    struct trap_frame *f = &w->frame;

    f->rcx = f->rip;
    f->r11 = f->rflags;
    f->rip = w->lstar;
    f->rflags &= ~w->fmask;
    f->cs = KERNEL_CS;
    f->ss = KERNEL_DS;
    return true;
}

static bool sysretq(struct world *w)
{
    struct trap_frame *f = &w->frame;

    if (f->cs & 3)
        return false;
    f->rip = f->rcx;
    f->rflags = (f->r11 & 0x3c7fd7) | 2;
    f->cs = ((w->star >> 48) + 16) | 3;
    f->ss = ((w->star >> 48) + 8) | 3;
    return true;
}

static bool sysenter(struct world *w)
{
    w->frame.rip = ENTRY;
    w->frame.rsp = BASE + KERNEL_STACK;
    w->frame.rflags &= ~IF;
    w->frame.cs = KERNEL_CS;
    w->frame.ss = KERNEL_DS;
    return true;
}

static const struct {
    uint8_t opcode[3], opcode_length, length;
    bool (*run)(struct world *w);
} processor[] = {
    {{0x90}, 1, 1, nop},
    {{0x9c}, 1, 1, pushfq},
    {{0x66, 0x9c}, 2, 2, pushfw},
    {{0x9d}, 1, 1, popfq},
    {{0xfa}, 1, 1, cli},
    {{0xfb}, 1, 1, sti},
    {{0xf4}, 1, 1, hlt},
    {{0x8e, 0xd0}, 2, 2, mov_ss_eax},
    {{0x48, 0xcf}, 2, 2, iretq},
    {{0xcd}, 1, 2, int_n},
    {{0x0f, 0x05}, 2, 2, syscall},
    {{0x48, 0x0f, 0x07}, 3, 3, sysretq},
    {{0x0f, 0x34}, 2, 2, sysenter},
};

bool world_execute(struct world *w)
{
    const struct trap_frame before = w->frame;
    const uint8_t *code = w->memory + (before.rip - BASE);
    size_t i = 0, count = sizeof processor / sizeof processor[0];

    while (i < count && memcmp(code, processor[i].opcode, processor[i].opcode_length))
        i++;
    CHECK(i < count, "the test's processor does not know %02x %02x", code[0], code[1]);
    w->frame.rip += processor[i].length;
    w->frame.rflags &= ~RF;
    if (processor[i].run(w))
        return true;
    w->frame = before;
    return false;
}
