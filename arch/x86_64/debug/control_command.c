/* control_command.c: the control registers of the selected thread's processor, and their bits. */
#include "control_command.h"

#include "gdbstub.h"
#include "value.h"
#include "words.h"

/* Intel SDM vol. 3, 2.5 and 2.2.1. */
static const struct bit {
    const char *reg;
    uint8_t number;
    const char *name, *words;
} bits[] = {
    {"cr0", 0, "PE", ""},      {"cr0", 1, "MP", ""},       {"cr0", 2, "EM", ""},
    {"cr0", 3, "TS", ""},      {"cr0", 4, "ET", ""},       {"cr0", 5, "NE", ""},
    {"cr0", 16, "WP", ""},     {"cr0", 18, "AM", ""},      {"cr0", 29, "NW", ""},
    {"cr0", 30, "CD", ""},     {"cr0", 31, "PG", ""},      {"cr4", 0, "VME", ""},
    {"cr4", 1, "PVI", ""},     {"cr4", 2, "TSD", ""},      {"cr4", 3, "DE", ""},
    {"cr4", 4, "PSE", ""},     {"cr4", 5, "PAE", ""},      {"cr4", 6, "MCE", ""},
    {"cr4", 7, "PGE", ""},     {"cr4", 8, "PCE", ""},      {"cr4", 9, "OSFXSR", ""},
    {"cr4", 10, "OSXMMEXCPT", ""}, {"cr4", 11, "UMIP", ""}, {"cr4", 12, "LA57", ""},
    {"cr4", 13, "VMXE", ""},   {"cr4", 16, "FSGSBASE", ""}, {"cr4", 17, "PCIDE", ""},
    {"cr4", 18, "OSXSAVE", ""}, {"cr4", 20, "SMEP", ""},   {"cr4", 21, "SMAP", ""},
    {"cr4", 22, "PKE", ""},    {"cr4", 23, "CET", ""},
    {"efer", 0, "SCE", "syscall and sysret are there"},
    {"efer", 8, "LME", "long mode is asked for"},
    {"efer", 10, "LMA", "long mode is on"},
    {"efer", 11, "NXE", "pages can be made not executable"},
    {"efer", 12, "SVME", "AMD's virtual machines are there"},
    {"efer", 14, "FFXSR", "fxsave leaves the XMM registers out in ring 0"},
};
#define BITS (sizeof(bits) / sizeof(bits[0]))

void control_cr_command(struct gdb *g, char *args)
{
    static const char *const names[] = {"cr0", "cr2", "cr3", "cr4", "cr8", "efer"};
    uint64_t value;

    (void)args;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!value_register(value_thread(g), names[i], &value))
            continue;
        gdb_row(g, "{register:%-4s} {value:0x%lx}{bits:", names[i], value);
        for (const struct bit *b = bits; b < bits + BITS; b++)
            if (word_is(names[i], b->reg) && (value >> b->number & 1))
                gdb_row(g, " %s", b->name);
        gdb_row(g, "}\n");
    }
}

void control_efer_command(struct gdb *g, char *args)
{
    uint64_t value, unknown;

    (void)args;
    if (!value_register(value_thread(g), "efer", &value)) {
        gdb_complain(g, "this thread runs on no processor\n");
        return;
    }
    unknown = value;
    gdb_result(g, "efer {value:0x%lx}\n", value);
    for (const struct bit *b = bits; b < bits + BITS; b++) {
        if (!word_is(b->reg, "efer"))
            continue;
        gdb_row(g, "  {bit=%2u}  {name:%-5s}  {state:%-3s}  {words:%s}\n", b->number, b->name,
                value >> b->number & 1 ? "on" : "off", b->words);
        unknown &= ~(1ull << b->number);
    }
    if (unknown)
        gdb_row(g, "  {unknown:0x%lx}: bits that mean nothing here\n", unknown);
}
