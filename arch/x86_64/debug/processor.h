/*
 * processor.h: the instructions that C has no words for, and the bits that the debugger looks at.
 */
#ifndef TRAPLINE_PROCESSOR_H
#define TRAPLINE_PROCESSOR_H

#include <stdbool.h>
#include <stdint.h>

enum {
    VECTOR_DIVIDE = 0,
    VECTOR_DEBUG = 1,
    VECTOR_NMI = 2,
    VECTOR_BREAKPOINT = 3,
    VECTOR_DOUBLE_FAULT = 8,
    VECTOR_INVALID_TSS = 10,
    VECTOR_PROTECTION = 13,
    VECTOR_PAGE_FAULT = 14,
    VECTOR_MACHINE_CHECK = 18,
    VECTOR_CONTROL_PROTECTION = 21,
    VECTOR_COUNT = 32, /* exceptions; interrupts come after */
};

#define PAGE_SIZE 0x1000

#define RFLAGS_FIXED 0x2u
#define RFLAGS_TF 0x100u
#define RFLAGS_IF 0x200u
#define RFLAGS_RF 0x10000u

#define CR0_PE (1ull << 0)
#define CR0_EM (1ull << 2)
#define CR0_TS (1ull << 3)
#define CR0_WP (1ull << 16)
#define CR0_NW (1ull << 29)
#define CR0_CD (1ull << 30)
#define CR0_PG (1ull << 31)
#define CR4_DE (1ull << 3)
#define CR4_PAE (1ull << 5)
#define CR4_PGE (1ull << 7)
#define CR4_OSFXSR (1ull << 9)
#define CR4_LA57 (1ull << 12)
#define CR4_PCIDE (1ull << 17)
#define CR4_SMEP (1ull << 20)
#define CR4_SMAP (1ull << 21)
#define CR4_CET (1ull << 23)
#define EFER_LME (1ull << 8)
#define EFER_LMA (1ull << 10)
#define EFER_NXE (1ull << 11)
#define EFER_FFXSR (1ull << 14)

#define MSR_EFER 0xc0000080u
#define MSR_FS_BASE 0xc0000100u
#define MSR_GS_BASE 0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u

/* Intel SDM vol. 3, 17.2.3: what DR6 holds when nothing has happened, and single step's bit. */
#define DR6_CLEAR 0xffff0ff0ull
#define DR6_HITS 0xfull
#define DR6_BS (1ull << 14)
#define DR7_OFF 0x400ull

#define SPECIAL_REGISTER(name)                                                                    \
    static inline uint64_t read_##name(void)                                                      \
    {                                                                                             \
        uint64_t value;                                                                           \
                                                                                                  \
        __asm__ volatile("movq %%" #name ", %0" : "=r"(value) : : "memory");                      \
        return value;                                                                             \
    }                                                                                             \
    static inline void write_##name(uint64_t value)                                               \
    {                                                                                             \
        __asm__ volatile("movq %0, %%" #name : : "r"(value) : "memory");                          \
    }

SPECIAL_REGISTER(cr0)
SPECIAL_REGISTER(cr2)
SPECIAL_REGISTER(cr3)
SPECIAL_REGISTER(cr4)
SPECIAL_REGISTER(cr8)
SPECIAL_REGISTER(dr0)
SPECIAL_REGISTER(dr1)
SPECIAL_REGISTER(dr2)
SPECIAL_REGISTER(dr3)
SPECIAL_REGISTER(dr6)
SPECIAL_REGISTER(dr7)

static inline uint64_t read_msr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline uint64_t read_tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* What sidt and sgdt store. */
struct table_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static inline struct table_register read_idtr(void)
{
    struct table_register table;

    __asm__ volatile("sidt %0" : "=m"(table));
    return table;
}

static inline struct table_register read_gdtr(void)
{
    struct table_register table;

    __asm__ volatile("sgdt %0" : "=m"(table));
    return table;
}

static inline uint64_t interrupts_off(void)
{
    uint64_t flags;

    __asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
    return flags;
}

static inline void interrupts_restore(uint64_t flags)
{
    if (flags & RFLAGS_IF)
        __asm__ volatile("sti" : : : "memory");
}

#endif
