/* tables.c: see tables.h. What they hold is not trusted. */
#include "tables.h"

#include "safe_copy.h"
#include "seat.h"
#include "thread_list.h"
#include "value.h"

#define PRESENT (1ull << 47)
#define SEGMENT (1ull << 44) /* code or data, not the system's */
#define CODE    (1ull << 43)
#define LONG    (1ull << 53)
#define PAGES   (1ull << 55) /* the limit counts pages */

struct debugger_cpu *tables_cpu(const struct gdb *g)
{
    struct debugger_cpu *cpu = threads_cpu(value_thread(g));

    return cpu ? cpu : debugger_this_cpu();
}

static void read_there(struct debugger_cpu *cpu, void *context)
{
    struct tables *t = context;

    (void)cpu;
    t->idt = read_idtr();
    t->gdt = read_gdtr();
    __asm__ volatile("str %0" : "=r"(t->task));
}

bool tables_read(struct debugger_cpu *cpu, struct tables *out)
{
    return !cpu->absent && seat_call(cpu, read_there, out);
}

/* A table's bytes, all of them within its limit. */
static bool read_entry(const struct table_register *table, uint64_t offset, void *to, size_t n)
{
    return offset + n - 1 <= table->limit && safe_read(to, table->base + offset, n) == n;
}

bool tables_gate(const struct tables *t, unsigned vector, struct gate *out)
{
    uint64_t words[2];

    if (!read_entry(&t->idt, vector * sizeof(words), words, sizeof(words)))
        return false;
    *out = (struct gate){
        .low = words[0],
        .target = (words[0] & 0xffff) | (words[0] >> 32 & 0xffff0000) | words[1] << 32,
        .selector = (uint16_t)(words[0] >> 16),
        .ist = words[0] >> 32 & 7,
        .type = words[0] >> 40 & 0x1f,
        .dpl = words[0] >> 45 & 3,
        .present = words[0] & PRESENT,
    };
    return true;
}

bool tables_descriptor(const struct tables *t, uint64_t offset, struct descriptor *out)
{
    uint64_t low, high = 0;

    if (!read_entry(&t->gdt, offset, &low, sizeof(low)))
        return false;
    *out = (struct descriptor){.low = low, .system = !(low & SEGMENT)};
    out->wide = out->system && low && read_entry(&t->gdt, offset + 8, &high, sizeof(high));
    out->base = (low >> 16 & 0xffffff) | (low >> 32 & 0xff000000) | high << 32;
    out->limit = (low & 0xffff) | (low >> 32 & 0xf0000);
    if (low & PAGES)
        out->limit = out->limit << 12 | 0xfff;
    return true;
}

bool descriptor_is_code(const struct descriptor *d)
{
    return !d->system && (d->low & PRESENT) && (d->low & CODE) && (d->low & LONG);
}
