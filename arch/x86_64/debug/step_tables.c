/* step_tables.c: the processor's tables, as an emulated instruction has to read them. */
#include "step_emulate.h"

/* Bits of a descriptor's upper half (Intel SDM vol. 3, figures 3-8 and 7-4). */
enum {
    DESCRIPTOR_TYPE = 0xf << 8,
    DESCRIPTOR_WRITABLE = 1 << 9, /* of data; of code: readable */
    DESCRIPTOR_CONFORMING = 1 << 10,
    DESCRIPTOR_CODE = 1 << 11,
    DESCRIPTOR_S = 1 << 12, /* code or data, no system segment */
    DESCRIPTOR_P = 1 << 15,
    DESCRIPTOR_L = 1 << 21,
    DESCRIPTOR_D = 1 << 22,
};
enum {
    TYPE_TSS = 9, /* available; busy is 11 */
    TYPE_TSS_BUSY = 11,
    TYPE_INTERRUPT_GATE = 14,
    TYPE_TRAP_GATE = 15,
};

static bool read_all(const struct step_machine *machine, uint64_t address, void *out, size_t n)
{
    return machine->read_memory(machine->context, address, out, n) == n;
}

/* n bytes of the descriptor that a selector names; the GDT only. */
static bool descriptor_read(const struct step_machine *machine, uint16_t selector, uint32_t *out,
                            size_t n)
{
    struct step_tables tables;
    unsigned offset = selector & ~7u;

    machine->tables(machine->context, &tables);
    if (offset == 0 || (selector & 4) || offset + n - 1 > tables.gdt_limit)
        return false;
    return read_all(machine, tables.gdt_base + offset, out, n);
}

static unsigned descriptor_dpl(uint32_t high)
{
    return high >> 13 & 3;
}

bool segment_read(const struct step_machine *machine, uint16_t selector, struct segment *out)
{
    uint32_t d[2];

    if (!descriptor_read(machine, selector, d, sizeof(d)))
        return false;
    if (!(d[1] & DESCRIPTOR_S) || !(d[1] & DESCRIPTOR_P))
        return false;
    bool code = d[1] & DESCRIPTOR_CODE;
    *out = (struct segment){
        .is_code = code,
        .is_64bit = code && (d[1] & DESCRIPTOR_L) && !(d[1] & DESCRIPTOR_D),
        .is_conforming = code && (d[1] & DESCRIPTOR_CONFORMING),
        .is_writable = !code && (d[1] & DESCRIPTOR_WRITABLE),
        .dpl = (uint8_t)descriptor_dpl(d[1]),
    };
    return true;
}

bool gate_read(const struct step_machine *machine, unsigned vector, struct gate *out)
{
    struct step_tables tables;
    uint32_t d[4];

    machine->tables(machine->context, &tables);
    if (vector * sizeof(d) + sizeof(d) - 1 > tables.idt_limit ||
        !read_all(machine, tables.idt_base + vector * sizeof(d), d, sizeof(d)))
        return false;
    unsigned type = (d[1] & DESCRIPTOR_TYPE) >> 8;
    if (!(d[1] & DESCRIPTOR_P) || (d[1] & DESCRIPTOR_S) ||
        (type != TYPE_INTERRUPT_GATE && type != TYPE_TRAP_GATE))
        return false;
    *out = (struct gate){
        .offset = (uint64_t)d[2] << 32 | (d[1] & 0xffff0000u) | (d[0] & 0xffffu),
        .selector = (uint16_t)(d[0] >> 16),
        .ist = d[1] & 7,
        .dpl = (uint8_t)descriptor_dpl(d[1]),
        .clears_if = type == TYPE_INTERRUPT_GATE,
    };
    return true;
}

bool task_stack_slot(const struct step_machine *machine, unsigned offset, uint64_t *address)
{
    struct step_tables tables;
    uint32_t d[4];

    machine->tables(machine->context, &tables);
    if (!descriptor_read(machine, tables.task, d, sizeof(d)))
        return false;
    unsigned type = (d[1] & DESCRIPTOR_TYPE) >> 8;
    uint32_t limit = (d[0] & 0xffffu) | (d[1] & 0xf0000u);
    uint64_t base = (uint64_t)d[2] << 32 | (d[1] & 0xff000000u) | (d[1] & 0xff) << 16 | d[0] >> 16;

    if ((d[1] & DESCRIPTOR_S) || !(d[1] & DESCRIPTOR_P) ||
        (type != TYPE_TSS && type != TYPE_TSS_BUSY) || offset + sizeof(uint64_t) - 1 > limit)
        return false;
    *address = base + offset;
    return true;
}

bool task_stack(const struct step_machine *machine, unsigned ist, unsigned cpl, uint64_t *rsp)
{
    uint64_t slot;

    return task_stack_slot(machine, ist ? TASK_IST(ist) : TASK_RSP(cpl), &slot) &&
           read_all(machine, slot, rsp, sizeof(*rsp));
}
