/* table_command.c: see table_command.h; what is odd is marked. */
#include "table_command.h"

#include <string.h>

#include "debugger.h"
#include "gdbstub.h"
#include "page_command.h"
#include "safe_copy.h"
#include "symbols.h"
#include "tables.h"
#include "vectors.h"

#define VECTORS     256
#define RAISED_BY_3 (1u << VECTOR_BREAKPOINT | 1u << 4) /* int3 and INTO are for programs */

static bool take_tables(struct gdb *g, struct debugger_cpu *cpu, struct tables *t)
{
    if (tables_read(cpu, t))
        return true;
    gdb_complain(g, "cpu %u does not answer\n", debugger_cpu_number(cpu));
    return false;
}

/* ---- idt ---- */

static const char *oddity(const struct tables *t, unsigned vector, const struct gate *gate)
{
    struct descriptor code;

    if (!gate->present)
        return vector < VECTOR_COUNT && vector_row(vector) ? "not present: a fault in the fault"
                                                            : "";
    if (gate->type != GATE_INTERRUPT && gate->type != GATE_TRAP)
        return "no gate of 64-bit mode";
    if (!tables_descriptor(t, gate->selector & ~7u, &code) || !descriptor_is_code(&code))
        return "its selector is no 64-bit code segment's";
    if (!address_canonical(gate->target))
        return "its target is no address";
    if (!page_may_run(gate->target, false))
        return "its target cannot be executed";
    if (vector < VECTOR_COUNT && gate->dpl == 3 && !(RAISED_BY_3 >> vector & 1))
        return "any program can raise it, without the error code";
    return "";
}

static void print_gate(struct gdb *g, const struct tables *t, unsigned vector,
                       const struct gate *gate)
{
    const char *odd = oddity(t, vector, gate);

    gdb_row(g, "{vector=%3u}  ", vector);
    if (gate->present) {
        gdb_row(g, "{target:0x%lx}", gate->target);
        symbol_tell(g, gate->target, 0);
        gdb_row(g, "  {type:%s}  dpl {dpl=%u}  ist {ist=%u}  selector {selector:0x%x}",
                gate->type == GATE_INTERRUPT ? "interrupt" : gate->type == GATE_TRAP ? "trap" : "?",
                gate->dpl, gate->ist, gate->selector);
    }
    gdb_row(g, "%s{odd:%s}\n", *odd ? "  <-- " : "", odd);
}

/* Those that are not there are many, and one line. */
static void print_gates(struct gdb *g, const struct tables *t)
{
    unsigned absent = 0;
    struct gate gate;

    for (unsigned vector = 0; vector < VECTORS && !gdb_interrupted(g); vector++) {
        bool is_there = tables_gate(t, vector, &gate) && gate.low;

        absent += !is_there;
        if (is_there)
            print_gate(g, t, vector, &gate);
    }
    gdb_row(g, "{absent=%u} more vectors have no gate\n", absent);
}

void table_idt_command(struct gdb *g, char *args)
{
    uint64_t vector = 0;
    bool one = *args;
    struct tables t;
    struct gate gate;

    if ((one && !debugger_value(g, &args, &vector)) || !take_tables(g, tables_cpu(g), &t))
        return;
    if (*args || vector >= VECTORS)
        gdb_complain(g, "usage: monitor idt [0 to %u]\n", VECTORS - 1);
    else if (!one)
        print_gates(g, &t);
    else if (tables_gate(&t, (unsigned)vector, &gate))
        print_gate(g, &t, (unsigned)vector, &gate);
    else
        gdb_complain(g, "vector %lu lies beyond the table at 0x%lx, limit 0x%x\n", vector,
                     t.idt.base, t.idt.limit);
}

/* ---- gdt ---- */

#define PRESENT (1ull << 47)
#define LONG    (1ull << 53)
#define BIG     (1ull << 54)

static const char *width(const struct descriptor *d)
{
    return d->low & LONG ? "64-bit" : d->low & BIG ? "32-bit" : "16-bit";
}

/* Intel SDM vol. 3, tables 3-1 and 3-2. */
static void print_kind(struct gdb *g, const struct descriptor *d)
{
    unsigned type = d->low >> 40 & 15;
    const char *accessed = type & 1 ? ", accessed" : "";

    if (d->system)
        gdb_row(g, "{kind:%s}", type == 9    ? "TSS"
                                : type == 11 ? "TSS, busy"
                                : type == 2  ? "LDT"
                                : type == 12 ? "call gate"
                                             : "reserved");
    else if (type & 8)
        gdb_row(g, "{kind:code, %s%s%s%s}", width(d), type & 2 ? ", readable" : "",
                type & 4 ? ", conforming" : "", accessed);
    else
        gdb_row(g, "{kind:data%s%s%s}", type & 2 ? ", writable" : "",
                type & 4 ? ", expand-down" : "", accessed);
}

static void print_descriptor(struct gdb *g, unsigned offset, const struct descriptor *d)
{
    gdb_row(g, "{selector:0x%02x}  ", offset);
    if (!d->low) {
        gdb_row(g, "{kind:null}\n");
        return;
    }
    print_kind(g, d);
    gdb_row(g, "  dpl {dpl=%u}  base {base:0x%lx}", (unsigned)(d->low >> 45 & 3), d->base);
    if (d->system)
        symbol_tell(g, d->base, 0);
    gdb_row(g, "  limit {limit:0x%lx}", d->limit);
    gdb_row(g, "%s{odd:%s}\n", d->low & PRESENT ? "" : "  <-- ",
            d->low & PRESENT ? "" : "not present");
}

void table_gdt_command(struct gdb *g, char *args)
{
    struct descriptor d;
    struct tables t;

    (void)args;
    if (!take_tables(g, tables_cpu(g), &t))
        return;
    for (unsigned at = 0; at + 7u <= t.gdt.limit && !gdb_interrupted(g); at += d.wide ? 16 : 8) {
        if (!tables_descriptor(&t, at, &d)) {
            gdb_complain(g, "0x%02x  cannot be read\n", at);
            return;
        }
        print_descriptor(g, at, &d);
    }
}

/* ---- tss ---- */

/* Intel SDM vol. 3, figure 7-11. */
struct task_state {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3, io_map;
} __attribute__((packed));
_Static_assert(sizeof(struct task_state) == 104, "as the processor has it");

/* A stack is told by what its last byte belongs to: its top is the next one's start. */
static void print_stack(struct gdb *g, const char *kind, unsigned n, uint64_t top)
{
    gdb_row(g, "  {stack:%s%u}  {top:0x%lx}", kind, n, top);
    if (top)
        symbol_tell(g, top, 1);
    gdb_row(g, "%s{odd:%s}\n", address_canonical(top) ? "" : "  <-- ",
            address_canonical(top) ? "" : "no address");
}

static void print_task(struct gdb *g, const struct tables *t, unsigned cpu)
{
    struct descriptor d = {0};
    struct task_state s = {0};

    if (!tables_descriptor(t, t->task & ~7u, &d) ||
        safe_read(&s, d.base, sizeof(s)) != sizeof(s)) {
        gdb_complain(g, "cpu %u: the TSS of selector 0x%x cannot be read\n", cpu, t->task);
        return;
    }
    gdb_row(g, "cpu {cpu=%u}: selector {selector:0x%x}, at {base:0x%lx}", cpu, t->task, d.base);
    symbol_tell(g, d.base, 0);
    gdb_row(g, ", limit {limit:0x%lx}%s, I/O map {io_map:%s}\n", d.limit,
            d.limit + 1 < sizeof(s) ? " (too short)" : "",
            s.io_map > d.limit ? "none" : "there is one");
    for (unsigned n = 0; n < 3; n++)
        print_stack(g, "rsp", n, s.rsp[n]);
    for (unsigned n = 0; n < 7; n++)
        print_stack(g, "ist", n + 1, s.ist[n]);
}

void table_tss_command(struct gdb *g, char *args)
{
    struct debugger_cpu *cpu;
    struct tables t;

    (void)args;
    for (unsigned n = 0; (cpu = debugger_cpu(n)) != NULL && !gdb_interrupted(g); n++)
        if (cpu->online && take_tables(g, cpu, &t))
            print_task(g, &t, n);
}
