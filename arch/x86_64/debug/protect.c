/*
 * protect.c: the debugger's own code and memory, the tables through which the processor reaches it,
 * and what else the embedder has named. The linker script puts the symbols around the first.
 */
#include "protect.h"

#include "gdbstub.h"
#include "processor.h"
#include "state.h"

extern const char __debugger_text_start[], __debugger_text_end[];
extern const char __debugger_rodata_start[], __debugger_rodata_end[];
extern const char __debugger_data_start[], __debugger_data_end[];
extern const char __debugger_bss_start[], __debugger_bss_end[];
extern const char __ex_table_start[], __ex_table_end[];

static const struct {
    const char *start, *end, *name;
} own[] = {
    {__debugger_text_start, __debugger_text_end, "the debugger's own code"},
    {__debugger_rodata_start, __debugger_rodata_end, "the debugger's own constants"},
    {__ex_table_start, __ex_table_end, "the debugger's own constants"},
    {__debugger_data_start, __debugger_data_end, "the debugger's own memory"},
    {__debugger_bss_start, __debugger_bss_end, "the debugger's own memory"},
};
#define OWN    (sizeof(own) / sizeof(own[0]))
#define TABLES 3

static struct debugger_range table_range(struct table_register table, const char *name)
{
    return (struct debugger_range){
        .start = table.base, .end = table.base + table.limit + 1, .name = name};
}

static struct debugger_range table(size_t n)
{
    const struct debugger_range *ranges = debugger_settings.protected_ranges;

    switch (n) {
    case 0:
        return table_range(read_idtr(), "the interrupt descriptor table");
    case 1:
        return table_range(read_gdtr(), "the global descriptor table");
    default:
        return (struct debugger_range){
            .start = (uint64_t)ranges,
            .end = (uint64_t)(ranges + debugger_settings.protected_count),
            .name = "the list of what is protected"};
    }
}

/* All of them in a row; false behind the last. */
static bool nth(size_t n, struct debugger_range *out)
{
    if (n < OWN) {
        *out = (struct debugger_range){.start = (uint64_t)own[n].start,
                                       .end = (uint64_t)own[n].end,
                                       .name = own[n].name};
        return true;
    }
    n -= OWN;
    if (n < TABLES) {
        *out = table(n);
        return true;
    }
    n -= TABLES;
    if (n >= debugger_settings.protected_count)
        return false;
    *out = debugger_settings.protected_ranges[n];
    return true;
}

static uint64_t last_of(uint64_t address, uint64_t length)
{
    return length - 1 > UINT64_MAX - address ? UINT64_MAX : address + length - 1;
}

const char *protect_refusal(uint64_t address, uint64_t length)
{
    static char text[128];
    uint64_t last = length ? last_of(address, length) : address;
    struct debugger_range range;

    for (size_t i = 0; nth(i, &range); i++) {
        if (address >= range.end || last < range.start)
            continue;
        gdb_sprint(text, sizeof(text), "0x%lx is %s: it cannot be run, broken into, written "
                   "or watched from within", address < range.start ? range.start : address,
                   range.name);
        return text;
    }
    return NULL;
}

size_t protect_writable(uint64_t address, size_t n)
{
    struct debugger_range range;

    for (size_t i = 0; n > 0 && nth(i, &range); i++) {
        if (address < range.end && last_of(address, n) >= range.start)
            n = address < range.start ? range.start - address : 0;
    }
    return n;
}

bool protect_holds(uint64_t address)
{
    struct debugger_range range;

    for (size_t i = 0; nth(i, &range); i++) {
        if (range.start <= address && address < range.end)
            return true;
    }
    return false;
}

bool protect_is_own_code(uint64_t rip)
{
    return rip >= (uint64_t)__debugger_text_start && rip < (uint64_t)__debugger_text_end;
}

/* Intel SDM vol. 3, figure 6-8. The processor has just used the table. */
static const uint32_t *gate_of(unsigned vector)
{
    struct table_register idt = read_idtr();

    return (vector + 1) * 16 <= idt.limit + 1u ? (const uint32_t *)(idt.base + vector * 16) : NULL;
}

uint64_t protect_entry(unsigned vector)
{
    const uint32_t *gate = gate_of(vector);

    return gate ? (uint64_t)gate[2] << 32 | (gate[1] & 0xffff0000) | (gate[0] & 0xffff) : 0;
}

unsigned protect_entry_stack(unsigned vector)
{
    const uint32_t *gate = gate_of(vector);

    return gate ? gate[1] & 7 : 0;
}
