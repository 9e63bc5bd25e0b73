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
