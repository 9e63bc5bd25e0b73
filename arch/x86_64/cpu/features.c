/* features.c: CPUID and control registers (Intel SDM vol. 2 CPUID; vol. 3, 2.5 and 9.2). */
#include "cpu/features.h"

#include <stddef.h>
#include <string.h>

#include "cpu/instructions.h"
#include "printk.h"

struct cpu_features cpu_features;
uint8_t cpu_has_smap;

enum {
    LEAF1_EDX_DE = 1 << 2,
    LEAF1_EDX_MCE = 1 << 7,
    LEAF1_EDX_APIC = 1 << 9,
    LEAF7_EBX_SMEP = 1 << 7,
    LEAF7_EBX_SMAP = 1 << 20,
    EXTENDED1_EDX_NX = 1 << 20,
    EXTENDED1_EDX_PAGES_1G = 1 << 26,
};
#define EXTENDED 0x80000000

#define MXCSR_DEFAULT 0x1f80 /* all exceptions masked, round to nearest */

/* The brand string comes in three leaves of sixteen characters, often padded with blanks. */
static void read_brand(char brand[static 49])
{
    struct cpuid parts[3];
    const char *text = (const char *)parts;
    size_t length = sizeof(parts);

    for (unsigned i = 0; i < 3; i++)
        parts[i] = cpuid(EXTENDED + 2 + i);
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\0'))
        length--;
    memcpy(brand, text, length);
    brand[length] = '\0';
}

void features_detect(void)
{
    uint32_t last = cpuid(0).eax;
    uint32_t last_extended = cpuid(EXTENDED).eax;
    uint32_t leaf7 = last >= 7 ? cpuid(7).ebx : 0;
    uint32_t extended1 = cpuid(EXTENDED + 1).edx; /* boot.S has seen that it is there */

    cpu_features.apic = cpuid(1).edx & LEAF1_EDX_APIC;
    cpu_features.smep = leaf7 & LEAF7_EBX_SMEP;
    cpu_features.smap = leaf7 & LEAF7_EBX_SMAP;
    cpu_features.nx = extended1 & EXTENDED1_EDX_NX;
    cpu_features.pages_1g = extended1 & EXTENDED1_EDX_PAGES_1G;
    if (last_extended >= EXTENDED + 4)
        read_brand(cpu_features.brand);
    cpu_has_smap = cpu_features.smap;
}

static void fpu_reset(void)
{
    uint32_t mxcsr = MXCSR_DEFAULT;

    __asm__ volatile("fninit; ldmxcsr %0" : : "m"(mxcsr));
}

void features_enable(void)
{
    uint32_t edx = cpuid(1).edx;
    uint64_t cr4 = read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT;

    if (edx & LEAF1_EDX_DE)
        cr4 |= CR4_DE;
    if (edx & LEAF1_EDX_MCE)
        cr4 |= CR4_MCE;
    if (cpu_features.smep)
        cr4 |= CR4_SMEP;
    if (cpu_features.smap)
        cr4 |= CR4_SMAP;
    write_cr4(cr4);
    write_cr0((read_cr0() & ~(uint64_t)(CR0_EM | CR0_TS)) | CR0_WP | CR0_NE | CR0_MP);
    if (cpu_features.nx)
        write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_NXE);
    fpu_reset();
}

void features_print(void)
{
    const struct cpu_features *f = &cpu_features;

    printk("cpu: %s%s%s%s%s\n", f->brand[0] != '\0' ? f->brand : "unnamed", f->nx ? ", nx" : "",
           f->smep ? ", smep" : "", f->smap ? ", smap" : "", f->pages_1g ? ", 1g-pages" : "");
}
