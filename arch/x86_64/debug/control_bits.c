/* control_bits.c: control register bits and the features that they belong to. */
#include "control_bits.h"

#include <stddef.h>

struct feature {
    uint8_t bit;  /* of the control register */
    uint8_t word; /* enum control_word */
    uint8_t at;   /* the feature's bit there */
};

/* Intel SDM vol. 3, 2.5, and the features in vol. 2, CPUID. PAE is what long mode itself needs. */
static const struct feature cr4_features[] = {
    {0, CONTROL_1_EDX, 1},   /* VME */
    {1, CONTROL_1_EDX, 1},   /* PVI */
    {2, CONTROL_1_EDX, 4},   /* TSD */
    {3, CONTROL_1_EDX, 2},   /* DE */
    {4, CONTROL_1_EDX, 3},   /* PSE */
    {5, CONTROL_1_EDX, 6},   /* PAE */
    {6, CONTROL_1_EDX, 7},   /* MCE */
    {7, CONTROL_1_EDX, 13},  /* PGE */
    {8, CONTROL_1_EDX, 6},   /* PCE: no bit of its own */
    {9, CONTROL_1_EDX, 24},  /* OSFXSR */
    {10, CONTROL_1_EDX, 25}, /* OSXMMEXCPT */
    {11, CONTROL_7_ECX, 2},  /* UMIP */
    {12, CONTROL_7_ECX, 16}, /* LA57 */
    {13, CONTROL_1_ECX, 5},  /* VMXE */
    {14, CONTROL_1_ECX, 6},  /* SMXE */
    {16, CONTROL_7_EBX, 0},  /* FSGSBASE */
    {17, CONTROL_1_ECX, 17}, /* PCIDE */
    {18, CONTROL_1_ECX, 26}, /* OSXSAVE */
    {19, CONTROL_7_ECX, 23}, /* KL */
    {20, CONTROL_7_EBX, 7},  /* SMEP */
    {21, CONTROL_7_EBX, 20}, /* SMAP */
    {22, CONTROL_7_ECX, 3},  /* PKE */
    {23, CONTROL_7_ECX, 7},  /* CET, for shadow stacks */
    {23, CONTROL_7_EDX, 20}, /* ... or for indirect branches */
    {24, CONTROL_7_ECX, 31}, /* PKS */
    {25, CONTROL_7_EDX, 5},  /* UINTR */
};

/* AMD64 manual vol. 2, 3.1.7; Intel has the first four. */
static const struct feature efer_features[] = {
    {0, CONTROL_EXTENDED_EDX, 11},  /* SCE */
    {8, CONTROL_EXTENDED_EDX, 29},  /* LME */
    {10, CONTROL_EXTENDED_EDX, 29}, /* LMA */
    {11, CONTROL_EXTENDED_EDX, 20}, /* NXE */
    {12, CONTROL_EXTENDED_ECX, 2},  /* SVME */
    {14, CONTROL_EXTENDED_EDX, 25}, /* FFXSR */
    {15, CONTROL_EXTENDED_ECX, 17}, /* TCE */
};

static uint64_t bits(const struct feature *features, size_t n, const uint32_t *words)
{
    uint64_t all = 0;

    for (size_t i = 0; i < n; i++)
        all |= (uint64_t)(words[features[i].word] >> features[i].at & 1) << features[i].bit;
    return all;
}

/* PE MP EM TS ET NE, WP, AM, NW CD PG: every processor with long mode has them. */
uint64_t control_bits_cr0(void)
{
    return 0xe005003f;
}

uint64_t control_bits_cr4(const uint32_t words[CONTROL_WORDS])
{
    return bits(cr4_features, sizeof(cr4_features) / sizeof(cr4_features[0]), words);
}

uint64_t control_bits_efer(const uint32_t words[CONTROL_WORDS])
{
    return bits(efer_features, sizeof(efer_features) / sizeof(efer_features[0]), words);
}

struct leaf {
    uint32_t eax, ebx, ecx, edx;
};

static struct leaf cpuid(uint32_t number)
{
    struct leaf l = {.eax = number, .ecx = 0};

    __asm__ volatile("cpuid" : "+a"(l.eax), "=b"(l.ebx), "+c"(l.ecx), "=d"(l.edx));
    return l;
}

void control_words(uint32_t words[CONTROL_WORDS])
{
    struct leaf one = cpuid(1), extended = cpuid(0x80000001), seven = {0};

    if (cpuid(0).eax >= 7)
        seven = cpuid(7);
    words[CONTROL_1_ECX] = one.ecx;
    words[CONTROL_1_EDX] = one.edx;
    words[CONTROL_7_EBX] = seven.ebx;
    words[CONTROL_7_ECX] = seven.ecx;
    words[CONTROL_7_EDX] = seven.edx;
    words[CONTROL_EXTENDED_ECX] = extended.ecx;
    words[CONTROL_EXTENDED_EDX] = extended.edx;
}
