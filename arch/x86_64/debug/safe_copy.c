/*
 * safe_copy.c: guarded copies, and what has to be opened on the processor for them.
 */
#include "safe_copy.h"

#include "debugger.h"
#include "guard.h"
#include "processor.h"

size_t guarded_copy(void *to, const void *from, size_t n);

struct guard_entry {
    int32_t instruction, fixup; /* relative to the field's own address */
};
extern const struct guard_entry __ex_table_start[], __ex_table_end[];

bool guard_fixup(struct trap_frame *frame)
{
    for (const struct guard_entry *e = __ex_table_start; e < __ex_table_end; e++) {
        if (frame->rip == (uint64_t)((intptr_t)&e->instruction + e->instruction)) {
            frame->rip = (uint64_t)((intptr_t)&e->fixup + e->fixup);
            return true;
        }
    }
    return false;
}

bool address_canonical(uint64_t address)
{
    unsigned unused = read_cr4() & CR4_LA57 ? 64 - 57 : 64 - 48;

    return (uint64_t)((int64_t)(address << unused) >> unused) == address;
}

/* Nothing is copied across the top of the address space; elsewhere the hole faults by itself. */
static size_t clamp(uint64_t address, size_t n)
{
    if (!address_canonical(address))
        return 0;
    return address + n < address ? (size_t)-address : n;
}

/* SMAP would take an access to a user page for a bug. stac is an invalid opcode without it. */
static size_t copy_with_user_access(void *to, const void *from, size_t n)
{
    if (!(read_cr4() & CR4_SMAP))
        return guarded_copy(to, from, n);

    __asm__ volatile("stac" : : : "memory", "cc");
    n = guarded_copy(to, from, n);
    __asm__ volatile("clac" : : : "memory", "cc");
    return n;
}

#define OR_WORD(offset) GUARDED("orq " #offset "(%0), %%rax", none) "\n"

/* Eight words at a time: emulators are slow at rep scas. */
static bool has_data(uint64_t address)
{
    __asm__ goto("xorl %%eax, %%eax\n" OR_WORD(0) OR_WORD(8) OR_WORD(16) OR_WORD(24) OR_WORD(32)
                 OR_WORD(40) OR_WORD(48) OR_WORD(56) "testq %%rax, %%rax\njz %l[none]"
                 :
                 : "r"(address)
                 : "rax", "cc", "memory"
                 : none);
    return true;
none:
    return false;
}

bool safe_has_data(uint64_t address, size_t n)
{
    for (; n && address_canonical(address); n -= 64, address += 64)
        if (has_data(address))
            return true;
    return false;
}

size_t safe_read(void *to, uint64_t address, size_t n)
{
    return copy_with_user_access(to, (const void *)address, clamp(address, n));
}

/* With CET on, WP cannot be cleared (Intel SDM vol. 3, 2.5): then read-only stays read-only. */
size_t safe_write(uint64_t address, const void *from, size_t n)
{
    uint64_t cr0 = read_cr0();
    bool window = (cr0 & CR0_WP) && !(read_cr4() & CR4_CET);

    n = clamp(address, n);
    if (window)
        write_cr0(cr0 & ~CR0_WP);
    n = copy_with_user_access((void *)address, from, n);
    if (window)
        write_cr0(cr0);
    return n;
}

size_t debugger_read(void *to, const void *from, size_t n)
{
    return safe_read(to, (uint64_t)from, n);
}
