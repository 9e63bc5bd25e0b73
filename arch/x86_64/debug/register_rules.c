/*
 * register_rules.c: which values a client may not give to a register, and the sentence that says
 * so. Whoever asks gets either the effect or the reason, never an OK without effect.
 */
#include "control_bits.h"
#include "processor.h"
#include "registers.h"
#include "safe_copy.h"

/* A value that iretq or a later access could not live with is refused here, in words. */
#define EFLAGS_RESERVED 0xffc08028u
#define EFLAGS_VIRTUAL 0x001a0000u /* VM, VIF, VIP */

static const char *eflags_refusal(uint64_t to)
{
    if (to & RFLAGS_TF)
        return "TF belongs to the debugger: use stepi";
    if (to & EFLAGS_VIRTUAL)
        return "VM, VIF and VIP cannot be set in 64-bit mode";
    if ((to & EFLAGS_RESERVED) || !(to & RFLAGS_FIXED))
        return "reserved bits: bit 1 of eflags is always 1, bits 3, 5, 15 and 22 up are always 0";
    return NULL;
}

static const char no_such_bit[] = "a bit that is reserved, or of a feature that this processor "
                                  "lacks";

static const char *cr0_refusal(uint64_t from, uint64_t to)
{
    if (!(to & CR0_PE) || !(to & CR0_PG))
        return "clearing PE or PG would leave long mode with the debugger in it";
    if ((to & CR0_NW) && !(to & CR0_CD))
        return "NW without CD is no way to cache";
    return to & ~from & ~control_bits_cr0() ? no_such_bit : NULL;
}

static const char *cr4_refusal(uint64_t from, uint64_t to)
{
    if (!(to & CR4_PAE) || ((from ^ to) & CR4_LA57))
        return "PAE and LA57 cannot change in long mode";

    uint32_t words[CONTROL_WORDS];

    control_words(words);
    return to & ~from & ~control_bits_cr4(words) ? no_such_bit : NULL;
}

static const char *efer_refusal(uint64_t from, uint64_t to)
{
    if ((from ^ to) & (EFER_LMA | EFER_LME))
        return "LME and LMA cannot change while paging is on";
    if ((from & ~to) & EFER_NXE)
        return "without NXE every page that is marked no-execute would fault";

    uint32_t words[CONTROL_WORDS];

    control_words(words);
    return to & ~from & ~control_bits_efer(words) ? no_such_bit : NULL;
}

const char *register_refusal(enum register_rule rule, uint64_t from, uint64_t to)
{
    if (from == to)
        return NULL;
    switch (rule) {
    case RULE_ANY:
        return NULL;
    case RULE_CANONICAL:
        return address_canonical(to) ? NULL : "not a canonical address";
    case RULE_EFLAGS:
        return eflags_refusal(to);
    case RULE_SELECTOR:
        return "segment selectors are the kernel's; fs_base and gs_base can be set";
    case RULE_CR0:
        return cr0_refusal(from, to);
    case RULE_CR3:
        return "the debugger itself runs in this address space: the kernel has to switch it";
    case RULE_CR4:
        return cr4_refusal(from, to);
    case RULE_CR8:
        return to <= 15 ? NULL : "the task priority is 0 to 15";
    case RULE_EFER:
        return efer_refusal(from, to);
    case RULE_DEBUG:
        return "the debug registers are the debugger's: use hbreak, watch, rwatch or awatch";
    case RULE_TABLE:
        return "descriptor tables are the kernel's: exceptions have to reach the debugger";
    }
    return "no such rule";
}
