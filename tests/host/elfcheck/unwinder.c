/* unwinder.c: .debug_frame. */
#include "debug_info.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[DWARF_REGISTERS] = {
    [REG_RAX] = "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11",
    "r12", "r13", "r14", "r15", "rip", [REG_RFLAGS] = "rflags", "es", "cs", "ss", "ds",
    [58] = "fs_base", "gs_base",
};

const char *dwarf_register_name(unsigned reg)
{
    return reg < DWARF_REGISTERS && names[reg] != NULL ? names[reg] : "?";
}

/*
 * libdwarf knows the augmentation "S" (this is the frame of a signal) in .eh_frame only, and
 * refuses all of .debug_frame for it. So it is taken out, and remembered: what follows moves up by a
 * byte, and a DW_CFA_nop fills the gap. The 32-bit format of DWARF (version 5, 6.4.1).
 */
void dwarf_unwinders_prepare(struct dwarf *dwarf, const struct image *image, uint8_t *copy)
{
    enum { HEADER = 4 + 4 + 1 }; /* length, CIE_id, version */
    size_t size = 0;
    uint8_t *section = image_section(image, ".debug_frame", &size);
    uint32_t length, id;

    for (size_t at = 0; at + HEADER + 2 < size; at += 4 + (size_t)length) {
        uint8_t *entry = copy + (section - image->bytes) + at, *end;

        memcpy(&length, entry, 4);
        memcpy(&id, entry + 4, 4);
        end = entry + 4 + length;
        if (length > size - at - 4)
            give_up(".debug_frame ends within an entry");
        if (id != UINT32_MAX || entry[HEADER] != 'S' || entry[HEADER + 1] != 0)
            continue;
        memmove(entry + HEADER, entry + HEADER + 1, (size_t)(end - entry) - HEADER - 1);
        end[-1] = DW_CFA_nop;
        dwarf->signals =
            realloc(dwarf->signals, (dwarf->signal_count + 1) * sizeof(*dwarf->signals));
        dwarf->signals[dwarf->signal_count++] = at;
    }
}

static bool is_signal(const struct dwarf *dwarf, uint64_t cie)
{
    for (size_t i = 0; i < dwarf->signal_count; i++) {
        if (dwarf->signals[i] == cie)
            return true;
    }
    return false;
}

static int by_address(const void *a, const void *b)
{
    const struct unwinder *x = a, *y = b;

    return x->range.start < y->range.start ? -1 : x->range.start > y->range.start;
}

/* What says nothing of a register leaves it alone: gdb's reading for all that a callee saves. */
void dwarf_unwinders_open(struct dwarf *dwarf)
{
    dwarf_set_frame_rule_table_size(dwarf->debug, DWARF_REGISTERS);
    dwarf_set_frame_cfa_value(dwarf->debug, DW_FRAME_CFA_COL3);
    dwarf_set_frame_same_value(dwarf->debug, DW_FRAME_SAME_VAL);
    dwarf_set_frame_undefined_value(dwarf->debug, DW_FRAME_UNDEFINED_VAL);
    dwarf_set_frame_rule_initial_value(dwarf->debug, DW_FRAME_SAME_VAL);
    if (dwarf_get_fde_list(dwarf->debug, &dwarf->cies, &dwarf->cie_count, &dwarf->fdes,
                           &dwarf->fde_count, NULL) != DW_DLV_OK)
        give_up("there is no .debug_frame");

    dwarf->unwinders = calloc((size_t)dwarf->fde_count, sizeof(*dwarf->unwinders));
    for (Dwarf_Signed i = 0; i < dwarf->fde_count; i++) {
        struct unwinder *out = &dwarf->unwinders[dwarf->unwinder_count];
        Dwarf_Addr start;
        Dwarf_Unsigned length, fde_length;
        Dwarf_Ptr bytes;
        Dwarf_Off cie, offset;
        Dwarf_Signed index;

        if (dwarf_get_fde_range(dwarf->fdes[i], &start, &length, &bytes, &fde_length, &cie, &index,
                                &offset, NULL) != DW_DLV_OK || length == 0)
            continue;
        *out = (struct unwinder){{start, start + length}, is_signal(dwarf, cie),
                                 dwarf_is_assembly(dwarf, start), offset, dwarf->fdes[i]};
        dwarf->unwinder_count++;
    }
    qsort(dwarf->unwinders, dwarf->unwinder_count, sizeof(*dwarf->unwinders), by_address);
}

const struct unwinder *dwarf_unwinder_at(const struct dwarf *dwarf, uint64_t address)
{
    size_t low = 0, high = dwarf->unwinder_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (dwarf->unwinders[middle].range.end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < dwarf->unwinder_count && in_range(dwarf->unwinders[low].range, address)
               ? &dwarf->unwinders[low]
               : NULL;
}

static struct rule rule_of(const Dwarf_Regtable_Entry3 *entry, unsigned reg)
{
    struct rule rule = {RULE_OTHER, entry->dw_regnum, (int64_t)entry->dw_offset_or_block_len};

    if (entry->dw_regnum == DW_FRAME_UNDEFINED_VAL)
        rule.kind = RULE_UNDEFINED;
    else if (entry->dw_regnum == DW_FRAME_SAME_VAL)
        rule.kind = RULE_SAME;
    else if (entry->dw_value_type == DW_EXPR_VAL_OFFSET)
        rule.kind = RULE_CFA_PLUS;
    else if (entry->dw_value_type == DW_EXPR_OFFSET)
        rule.kind = entry->dw_offset_relevant    ? RULE_AT_CFA
                    : entry->dw_regnum == reg ? RULE_SAME
                                              : RULE_REGISTER;
    return rule;
}

bool dwarf_row(struct dwarf *dwarf, const struct unwinder *unwinder, uint64_t address,
               struct rule *rules, struct rule *cfa)
{
    Dwarf_Regtable_Entry3 entries[DWARF_REGISTERS];
    Dwarf_Regtable3 table = {.rt3_reg_table_size = DWARF_REGISTERS, .rt3_rules = entries};
    Dwarf_Addr row;

    (void)dwarf;
    memset(entries, 0, sizeof(entries));
    if (dwarf_get_fde_info_for_all_regs3(unwinder->fde, address, &table, &row, NULL) != DW_DLV_OK)
        return false;
    for (unsigned i = 0; i < DWARF_REGISTERS; i++)
        rules[i] = rule_of(&entries[i], i);

    /* A register plus an offset, or an expression. */
    const Dwarf_Regtable_Entry3 *base = &table.rt3_cfa_rule;

    *cfa = (struct rule){base->dw_value_type == DW_EXPR_OFFSET ? RULE_REGISTER : RULE_OTHER,
                         base->dw_regnum, (int64_t)base->dw_offset_or_block_len};
    return true;
}
