/* apic_command.c: see apic_command.h. */
#include "apic_command.h"

#include "apic_registers.h"
#include "core_ram.h"
#include "debugger.h"
#include "gdbstub.h"
#include "page_walk.h"
#include "symbols.h"
#include "tables.h"
#include "words.h"

#define VECTORS 256
#define LVT_PERIODIC (1u << 17)
#define SOFTWARE_ENABLE (1u << 8)

static const char *const lvt_names[] = {"timer", "thermal", "counters", "LINT0", "LINT1", "error"};

/* ---- apic ---- */

/* What bits are set, as the numbers of vectors. */
static void print_vectors(struct gdb *g, const char *what, const uint32_t *words)
{
    const char *before = "";

    gdb_row(g, "  {what:%-16s}  {vectors:", what);
    for (unsigned v = 0; v < VECTORS; v++)
        if (words[v / 32] >> v % 32 & 1) {
            gdb_row(g, "%s0x%02x", before, v);
            before = " ";
        }
    gdb_row(g, "%s}\n", *before ? "" : "none");
}

static void print_lvt(struct gdb *g, const char *name, uint32_t entry)
{
    gdb_row(g, "  {lvt:%-16s}  {delivery:%s}", name, apic_delivery(entry));
    if (APIC_DELIVERY(entry) == DELIVERY_FIXED)
        gdb_row(g, ", vector {vector:0x%02x}", APIC_VECTOR(entry));
    gdb_row(g, ", {state:%s}%s\n", entry & APIC_MASKED ? "masked" : "open",
            entry & APIC_PENDING ? ", pending" : "");
}

/* Intel SDM vol. 3, figure 10-10. */
static void print_timer(struct gdb *g, const struct local_apic *a)
{
    unsigned divide = a->at[APIC_DIVIDE], code = (divide & 3) | (divide >> 1 & 4);
    bool repeats = a->at[APIC_LVT_TIMER] & LVT_PERIODIC;

    gdb_row(g, "  {timer:%-16s}  {current=%u} of {initial=%u}, clock divided by {divide=%u}\n",
            repeats ? "periodic timer" : "one-shot timer", a->at[APIC_CURRENT], a->at[APIC_INITIAL],
            code == 7 ? 1 : 2u << code);
}

/* Intel SDM vol. 3, figure 10-9. */
static void print_errors(struct gdb *g, uint32_t status)
{
    static const char *const words[] = {
        "send checksum", "receive checksum", "send accept", "receive accept",
        "redirectable IPI", "sent an illegal vector", "received an illegal vector",
        "illegal register"};
    const char *before = "";

    gdb_row(g, "  {what:%-16s}  {status:0x%x} {errors:", "errors", status);
    for (unsigned i = 0; i < 8; i++)
        if (status >> i & 1) {
            gdb_row(g, "%s%s", before, words[i]);
            before = ", ";
        }
    gdb_row(g, "%s}\n", *before ? "" : "none");
}

static void print_local(struct gdb *g, const struct local_apic *a)
{
    bool x2 = a->base & APIC_BASE_X2APIC;

    gdb_result(g, "  id {id=%u}, version {version:0x%x}, {mode:%s} at {address:0x%lx}, {state:%s}, "
               "spurious vector {spurious:0x%02x}\n",
               x2 ? a->at[APIC_ID] : a->at[APIC_ID] >> 24, a->at[APIC_VERSION] & 0xff,
               x2 ? "x2APIC" : "xAPIC", a->base & 0x000ffffffffff000,
               a->at[APIC_SPURIOUS] & SOFTWARE_ENABLE ? "on" : "off by its software switch",
               APIC_VECTOR(a->at[APIC_SPURIOUS]));
    gdb_result(g, "  task priority {tpr:0x%02x}, processor priority {ppr:0x%02x}\n",
               a->at[APIC_TASK_PRIORITY], a->at[APIC_PRIORITY]);
    print_vectors(g, "in service", &a->at[APIC_IN_SERVICE]);
    print_vectors(g, "requested", &a->at[APIC_REQUESTED]);
    print_vectors(g, "level triggered", &a->at[APIC_LEVEL]);
    for (unsigned n = APIC_LVT_TIMER; n <= APIC_LVT_LAST; n++)
        print_lvt(g, lvt_names[n - APIC_LVT_TIMER], a->at[n]);
    print_timer(g, a);
    print_errors(g, a->at[APIC_ERROR]);
}

void apic_command(struct gdb *g, char *args)
{
    struct debugger_cpu *cpu = tables_cpu(g);
    struct local_apic a;

    (void)args;
    if (!apic_read(cpu, &a)) {
        gdb_complain(g, "cpu %u does not answer\n", debugger_cpu_number(cpu));
    } else if (!a.readable) {
        gdb_complain(g, "cpu %u: IA32_APIC_BASE is 0x%lx: %s\n", debugger_cpu_number(cpu), a.base,
                     a.base & APIC_BASE_ENABLE ? "the kernel has not told where that is mapped"
                                               : "the local APIC is off, or there is none");
    } else {
        gdb_result(g, "cpu {cpu=%u}%s\n", debugger_cpu_number(cpu),
                   a.base & APIC_BASE_BOOT ? ", the one that booted" : "");
        print_local(g, &a);
    }
}

/* ---- ioapic ---- */

static void print_pin(struct gdb *g, unsigned pin, uint64_t entry)
{
    gdb_row(g, "pin {pin=%2u}  vector {vector:0x%02x}  {delivery:%s}  to {destination:0x%x}", pin,
            APIC_VECTOR(entry), apic_delivery(entry), (unsigned)(entry >> 56));
    gdb_row(g, " ({mode:%s})  {trigger:%s}, active {active:%s}  {state:%s}%s%s\n",
            entry & 1u << 11 ? "logical" : "physical", entry & APIC_BY_LEVEL ? "level" : "edge",
            entry & APIC_LOW ? "low" : "high", entry & APIC_MASKED ? "masked" : "open",
            entry & APIC_PENDING ? ", pending" : "", entry & APIC_REMOTE ? ", in service" : "");
}

/* What must not be written to, as an I/O APIC's selector is, to find out what it is. */
static const char *what_else(struct gdb *g, uint64_t physical)
{
    struct local_apic a;
    uint64_t page, pages;

    if (debugger_settings.next_ram && core_ram_find(physical, &page, &pages))
        return "RAM";
    return apic_read(tables_cpu(g), &a) && (a.base & PAGE_WALK_ROOT) == physical ? "the local APIC"
                                                                                 : NULL;
}

#define VERSION_RESERVED 0xff007f00u /* zero in any I/O APIC; also not what nobody answers with */

static bool take_io_apic(struct gdb *g, uint64_t physical, uint32_t *version)
{
    const char *what = what_else(g, physical);

    if (physical % 16)
        gdb_complain(g, "0x%lx: an I/O APIC is at a multiple of 16\n", physical);
    else if (what)
        gdb_complain(g, "0x%lx: that is %s, and no I/O APIC\n", physical, what);
    else if (!apic_io_read(physical, IO_APIC_VERSION, version) || !(*version & 0xff) ||
             (*version & VERSION_RESERVED))
        gdb_complain(g, "0x%lx: there is no I/O APIC, or the kernel has not told where it is "
                     "mapped\n", physical);
    return !g->failed;
}

void apic_io_command(struct gdb *g, char *args)
{
    uint64_t physical = IO_APIC_FIRST, entry;
    uint32_t version, id;

    if (*args && !debugger_value(g, &args, &physical))
        return;
    if (*args) {
        gdb_complain(g, "usage: monitor ioapic [PHYSICAL ADDRESS]\n");
        return;
    }
    if (!take_io_apic(g, physical, &version) || !apic_io_read(physical, IO_APIC_ID, &id))
        return;
    gdb_result(g, "I/O APIC {id=%u} at {address:0x%lx}, version {version:0x%x}, {pins=%u} pins\n",
               id >> 24 & 0xf, physical, version & 0xff, (version >> 16 & 0xff) + 1);
    for (unsigned pin = 0; apic_io_pin(physical, pin, &entry) && !gdb_interrupted(g); pin++)
        print_pin(g, pin, entry);
}

/* ---- irq ---- */

struct routes {
    struct gdb *g;
    struct tables tables;
    uint32_t told[VECTORS / 32];
};

/* Who gets a vector, and how often that was, in a row. */
static void print_vector(struct routes *r, unsigned vector)
{
    struct debugger_interrupt interrupt = {0};
    struct gate gate;

    r->told[vector / 32] |= 1u << vector % 32;
    gdb_row(r->g, "vector {vector:0x%02x}", vector);
    if (tables_gate(&r->tables, vector, &gate) && gate.present) {
        gdb_row(r->g, " -> {gate:0x%lx}", gate.target);
        symbol_tell(r->g, gate.target, 0);
    } else {
        gdb_row(r->g, " -> {odd:no gate}");
    }
    if (!debugger_settings.interrupt || !debugger_settings.interrupt(vector, &interrupt))
        return;
    if (interrupt.handler) {
        char text[SYMBOL_TEXT_MAX];

        gdb_row(r->g, " -> {handler:%s}", symbol_text(interrupt.handler, text, sizeof(text)));
    }
    gdb_row(r->g, ", {count=%lu} times", interrupt.count);
}

static void print_route(struct routes *r, const char *from, unsigned n, uint64_t entry)
{
    if (entry & APIC_MASKED)
        return;
    gdb_row(r->g, "{source:%s} {number=%u} -> ", from, n);
    if (APIC_DELIVERY(entry) <= DELIVERY_LOWEST)
        print_vector(r, APIC_VECTOR(entry));
    else
        gdb_row(r->g, "{delivery:%s}", apic_delivery(entry));
    gdb_print(r->g, "\n");
}

/* Interrupts that processors send each other, and those that came by no way we know of. */
static void print_others(struct routes *r)
{
    struct debugger_interrupt interrupt;

    for (unsigned v = VECTOR_COUNT; debugger_settings.interrupt && v < VECTORS; v++) {
        if ((r->told[v / 32] >> v % 32 & 1) || !debugger_settings.interrupt(v, &interrupt) ||
            !interrupt.count)
            continue;
        print_vector(r, v);
        gdb_print(r->g, "\n");
    }
}

void apic_irq_command(struct gdb *g, char *args)
{
    struct debugger_cpu *cpu = tables_cpu(g);
    struct routes r = {.g = g};
    struct local_apic a;
    uint64_t entry;

    (void)args;
    if (!tables_read(cpu, &r.tables) || !apic_read(cpu, &a)) {
        gdb_complain(g, "cpu %u does not answer\n", debugger_cpu_number(cpu));
        return;
    }
    if (!a.readable && !debugger_settings.interrupt && !apic_io_pin(IO_APIC_FIRST, 0, &entry)) {
        gdb_complain(g, "the kernel has not told where its APICs are mapped\n");
        return;
    }
    for (unsigned pin = 0; apic_io_pin(IO_APIC_FIRST, pin, &entry); pin++)
        print_route(&r, "pin", pin, entry);
    for (unsigned n = APIC_LVT_TIMER; a.readable && n <= APIC_LVT_LAST; n++)
        print_route(&r, lvt_names[n - APIC_LVT_TIMER], debugger_cpu_number(cpu), a.at[n]);
    print_others(&r);
}
