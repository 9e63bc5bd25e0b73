/*
 * check_unwind.c: the assembly's CFI, written by hand, against what its instructions do. At every
 * address the unwinder has to find the CFA, the return address and every register that the caller
 * (or the interrupted code) relies on, where the code has really put them.
 */
#include <inttypes.h>
#include <string.h>

#include "flow.h"

/* What a rule yields in that state: where the caller's value is, as far as is known. */
static struct value apply(const struct state *state, const struct value *cfa,
                          const struct rule *rule, unsigned reg)
{
    struct value at = *cfa;
    const struct value *word;

    at.offset += rule->offset;
    switch (rule->kind) {
    case RULE_SAME:
        if (reg == REG_RFLAGS)
            return state->flags;
        if (reg == REG_RSP) /* not saved: the CFA itself */
            return cfa->kind == CFA ? value_entry(REG_RSP, cfa->offset) : (struct value){0};
        return reg < 16 ? state->registers[reg] : (struct value){0};
    case RULE_AT_CFA:
        word = state_word(state, &at);
        return word != NULL ? *word : (struct value){0};
    case RULE_CFA_PLUS:
        return at;
    case RULE_REGISTER:
        if (rule->reg == REG_RFLAGS)
            return state->flags;
        return rule->reg < 16 ? state->registers[rule->reg] : (struct value){0};
    default:
        return (struct value){0};
    }
}

/*
 * Of a function, what it keeps for its caller; of a signal frame, everything; but not what the
 * CFI says has been lost.
 */
static bool promised(const struct unwinder *unwinder, unsigned reg)
{
    static const uint8_t kept[] = {REG_RBX, REG_RBP, 12, 13, 14, 15, REG_RSP, REG_RIP};

    if (unwinder->signal)
        return reg <= REG_RIP || reg == REG_RFLAGS || reg == REG_CS || reg == REG_SS;
    return memchr(kept, (int)reg, sizeof(kept)) != NULL;
}

/*
 * What the caller has in a register. The processor does not tell whose cs and ss a SYSCALL came
 * from: they are ring 3's, those that SYSRET would make of IA32_STAR; rsp is what the CFA was then,
 * and what rcx and r11 were is gone: the program goes on with what SYSCALL has put there.
 */
static struct value callers(bool by_syscall, unsigned reg)
{
    static const struct value user_cs = {.kind = CONSTANT, .offset = 0x23};
    static const struct value user_ss = {.kind = CONSTANT, .offset = 0x1b};

    if (by_syscall) {
        if (reg == REG_CS || reg == REG_SS)
            return reg == REG_CS ? user_cs : user_ss;
        if (reg == REG_RSP)
            return value_cfa(0);
        if (reg == REG_RCX)
            return value_entry(REG_RIP, 0);
        if (reg == 11)
            return value_entry(REG_RFLAGS, 0);
    }
    return value_entry(reg, 0);
}

struct coverage {
    size_t functions, addresses, outermost, registers;
};

static void check_row(struct flow *flow, const struct unwinder *unwinder, const struct node *node,
                      struct coverage *covered, struct report *report)
{
    const char *place = image_place(&flow->subject->image, node->in.address);
    bool by_syscall = is_syscall(flow->subject, unwinder->range.start);
    struct rule rules[DWARF_REGISTERS], cfa;
    struct value found, base = {0};

    covered->addresses++;
    if (!dwarf_row(&flow->subject->dwarf, unwinder, node->in.address, rules, &cfa)) {
        report_failure(report, "%s: its CFI cannot be read", place);
        return;
    }
    if (rules[REG_RIP].kind == RULE_UNDEFINED) {
        covered->outermost++; /* every backtrace ends here */
        return;
    }
    base = apply(node->before, &base, &cfa, cfa.reg);
    base.offset += cfa.offset;
    /* A signal frame may be on a stack of its own, if it says where rsp is. */
    if (base.kind == STACK && unwinder->signal && rules[REG_RSP].kind != RULE_SAME)
        covered->registers++;
    else if (cfa.kind != RULE_REGISTER || base.kind != CFA || base.offset != 0)
        report_failure(report, "%s: the CFA is %s%+" PRId64 ", which is %s", place,
                       dwarf_register_name(cfa.reg), cfa.offset, value_text(&base));
    for (unsigned i = 0; i < DWARF_REGISTERS; i++) {
        struct value wanted = callers(by_syscall, i);

        if (!promised(unwinder, i) || rules[i].kind == RULE_UNDEFINED)
            continue;
        covered->registers++;
        found = apply(node->before, &base, &rules[i], i);
        if (!value_same(&found, &wanted))
            report_failure(report, "%s: the caller's %s is not where the CFI says: that is %s",
                           place, dwarf_register_name(i), value_text(&found));
    }
}

static void check_function(struct flow *flow, const struct unwinder *unwinder,
                           struct coverage *covered, struct report *report)
{
    covered->functions++;
    for (struct node *node = flow_node(flow, unwinder->range.start);
         node < flow->nodes + flow->count && in_range(unwinder->range, node->in.address); node++) {
        if (node->before != NULL)
            check_row(flow, unwinder, node, covered, report);
        else if (node->in.is.mnemonic != ZYDIS_MNEMONIC_NOP)
            report_failure(report, "%s: no path leads here",
                           image_place(&flow->subject->image, node->in.address));
    }
}

/* A function of the assembler's has an unwinder, or whoever stops in it sees no caller. */
static void check_all_covered(const struct subject *subject, struct report *report)
{
    for (size_t i = 0; i < subject->image.symbol_count; i++) {
        const struct symbol *symbol = &subject->image.symbols[i];

        if (symbol->type == STT_FUNC && dwarf_is_assembly(&subject->dwarf, symbol->address) &&
            dwarf_unwinder_at(&subject->dwarf, symbol->address) == NULL)
            report_failure(report, "%s has no CFI", symbol->name);
    }
}

void check_unwind(struct subject *subject, struct report *report)
{
    const struct dwarf *dwarf = &subject->dwarf;
    struct coverage covered = {0};
    struct flow flow;

    flow_open(&flow, subject);
    assembly_flow(&flow, report);
    for (size_t i = 0; i < dwarf->unwinder_count; i++) {
        if (dwarf->unwinders[i].assembly)
            check_function(&flow, &dwarf->unwinders[i], &covered, report);
    }
    flow_close(&flow);
    report_covered(report, "%zu assembly functions, %zu addresses (%zu outermost), %zu registers",
                   covered.functions, covered.addresses, covered.outermost, covered.registers);
    check_all_covered(subject, report);
}
