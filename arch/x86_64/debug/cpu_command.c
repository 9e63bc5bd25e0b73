/* cpu_command.c: see cpu_command.h. What faults is caught and told; writes have to be allowed. */
#include "cpu_command.h"

#include <string.h>

#include "debugger.h"
#include "gdbstub.h"
#include "msr.h"
#include "value.h"
#include "words.h"

static bool unsafe;

void cpu_unsafe_command(struct gdb *g, char *args)
{
    if (*args && !word_switch(args, &unsafe))
        gdb_complain(g, "usage: monitor unsafe [on | off]\n");
    else
        gdb_print(g, "writes to MSRs and ports are %s\n", unsafe ? "allowed" : "refused");
}

static bool allowed(struct gdb *g)
{
    if (!unsafe)
        gdb_complain(g, "refused: say monitor unsafe on first\n");
    return unsafe;
}

/* ---- control registers ---- */

struct bit {
    const char *reg;
    uint8_t number;
    const char *name;
};

/* Intel SDM vol. 3, 2.5 and 2.2.1. */
static const struct bit bits[] = {
    {"cr0", 0, "PE"},       {"cr0", 1, "MP"},      {"cr0", 2, "EM"},         {"cr0", 3, "TS"},
    {"cr0", 4, "ET"},       {"cr0", 5, "NE"},      {"cr0", 16, "WP"},        {"cr0", 18, "AM"},
    {"cr0", 29, "NW"},      {"cr0", 30, "CD"},     {"cr0", 31, "PG"},        {"cr4", 0, "VME"},
    {"cr4", 1, "PVI"},      {"cr4", 2, "TSD"},     {"cr4", 3, "DE"},         {"cr4", 4, "PSE"},
    {"cr4", 5, "PAE"},      {"cr4", 6, "MCE"},     {"cr4", 7, "PGE"},        {"cr4", 8, "PCE"},
    {"cr4", 9, "OSFXSR"},   {"cr4", 10, "OSXMMEXCPT"}, {"cr4", 11, "UMIP"},  {"cr4", 12, "LA57"},
    {"cr4", 13, "VMXE"},    {"cr4", 16, "FSGSBASE"}, {"cr4", 17, "PCIDE"},   {"cr4", 18, "OSXSAVE"},
    {"cr4", 20, "SMEP"},    {"cr4", 21, "SMAP"},   {"cr4", 22, "PKE"},       {"cr4", 23, "CET"},
    {"efer", 0, "SCE"},     {"efer", 8, "LME"},    {"efer", 10, "LMA"},      {"efer", 11, "NXE"},
};

void cpu_cr_command(struct gdb *g, char *args)
{
    static const char *const names[] = {"cr0", "cr2", "cr3", "cr4", "cr8", "efer"};
    uint64_t value;

    (void)args;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!value_register(value_thread(g), names[i], &value))
            continue;
        gdb_row(g, "{register:%-4s} {value:0x%lx}{bits:", names[i], value);
        for (size_t n = 0; n < sizeof(bits) / sizeof(bits[0]); n++)
            if (word_is(names[i], bits[n].reg) && (value >> bits[n].number & 1))
                gdb_row(g, " %s", bits[n].name);
        gdb_row(g, "}\n");
    }
}

/* ---- MSRs ---- */

void cpu_msr_command(struct gdb *g, char *args)
{
    uint64_t msr, value = 0;

    if (!debugger_value(g, &args, &msr))
        return;

    bool writes = *args;

    if (writes && !debugger_value(g, &args, &value))
        return;
    if (*args || msr > UINT32_MAX) {
        gdb_complain(g, "usage: monitor msr NUMBER [VALUE]\n");
        return;
    }
    if (writes && (!allowed(g)))
        return;
    if (writes && !msr_write((uint32_t)msr, value)) {
        gdb_complain(g, "msr 0x%lx: a write of 0x%lx faults\n", msr, value);
    } else if (!msr_read((uint32_t)msr, &value)) {
        gdb_complain(g, "msr 0x%lx: a read faults; this processor has none of that number\n", msr);
    } else {
        gdb_result(g, "msr {msr:0x%lx}: {value:0x%lx}\n", msr, value);
    }
}

/* ---- ports ---- */

static uint32_t port_in(uint16_t port, unsigned size)
{
    uint32_t value = 0;

    if (size == 1)
        __asm__ volatile("inb %w1, %b0" : "+a"(value) : "d"(port));
    else if (size == 2)
        __asm__ volatile("inw %w1, %w0" : "+a"(value) : "d"(port));
    else
        __asm__ volatile("inl %w1, %0" : "+a"(value) : "d"(port));
    return value;
}

static void port_out(uint16_t port, unsigned size, uint32_t value)
{
    if (size == 1)
        __asm__ volatile("outb %b0, %w1" : : "a"(value), "d"(port));
    else if (size == 2)
        __asm__ volatile("outw %w0, %w1" : : "a"(value), "d"(port));
    else
        __asm__ volatile("outl %0, %w1" : : "a"(value), "d"(port));
}

/* Cut ".b", ".w" or ".l" off; bytes, 1 without, 0 if it is another. */
static unsigned cut_size(char *word)
{
    size_t n = strlen(word);

    if (n < 2 || word[n - 2] != '.')
        return 1;
    word[n - 2] = '\0';
    return word[n - 1] == 'b' ? 1 : word[n - 1] == 'w' ? 2 : word[n - 1] == 'l' ? 4 : 0;
}

void cpu_port_command(struct gdb *g, char *args)
{
    char *word = word_next(&args);
    unsigned size = cut_size(word);
    bool writes = *args;
    uint64_t port, value = 0;

    if (!debugger_value(g, &word, &port) || (writes && !debugger_value(g, &args, &value)))
        return;
    if (*args || size == 0 || port > 0x10000 - size || (size < 4 && value >> (8 * size)) ||
        value > UINT32_MAX) {
        gdb_complain(g, "usage: monitor port NUMBER[.b | .w | .l] [VALUE]\n");
    } else if (!writes) {
        value = port_in((uint16_t)port, size);
        gdb_result(g, "port {port:0x%lx}: {value:0x%lx}\n", port, value);
    } else if (allowed(g)) {
        port_out((uint16_t)port, size, (uint32_t)value);
        gdb_print(g, "port 0x%lx: 0x%lx was written\n", port, value);
    }
}

/* ---- cpuid ---- */

void cpu_cpuid_command(struct gdb *g, char *args)
{
    uint64_t leaf, sub = 0;
    uint32_t a, b, c, d;

    if (!debugger_value(g, &args, &leaf) || (*args && !debugger_value(g, &args, &sub)))
        return;
    if (*args || leaf > UINT32_MAX || sub > UINT32_MAX) {
        gdb_complain(g, "usage: monitor cpuid LEAF [SUBLEAF]\n");
        return;
    }
    __asm__ volatile("cpuid"
                     : "=a"(a), "=b"(b), "=c"(c), "=d"(d)
                     : "a"((uint32_t)leaf), "c"((uint32_t)sub));
    gdb_result(g, "eax {eax:0x%08x}  ebx {ebx:0x%08x}  ecx {ecx:0x%08x}  edx {edx:0x%08x}\n", a, b,
               c, d);
}
