/*
 * types_locals.c: which register holds which parameter or variable, and from where to where; and
 * what lies on the stack.
 */
#include <dwarf.h>
#include <stdlib.h>

#include "types_reader.h"

/* An instance of an inlined function says only of which variable it is one. */
static type_id type_through_origin(struct reader *r, Dwarf_Die die)
{
    type_id own = read_reference(die, DW_AT_type);
    type_id origin = read_reference(die, DW_AT_abstract_origin);
    Dwarf_Die first;

    if (own == 0 && origin != 0 &&
        dwarf_offdie_b(r->debug, origin, true, &first, NULL) == DW_DLV_OK)
        return read_reference(first, DW_AT_type);
    return own;
}

static void read_entry(struct reader *r, Dwarf_Loc_Head_c head, Dwarf_Unsigned i, type_id type)
{
    Dwarf_Unsigned low, high, count, one, two, three, raw[3], branch, offset, locdesc;
    Dwarf_Small kind, source, operation;
    Dwarf_Bool unavailable;
    Dwarf_Addr start, end;
    Dwarf_Locdesc_c entry;

    if (dwarf_get_locdesc_entry_d(head, i, &kind, &low, &high, &unavailable, &start, &end, &count,
                                  &entry, &source, &offset, &locdesc, NULL) != DW_DLV_OK ||
        count != 1 || start >= end ||
        dwarf_get_location_op_value_d(entry, 0, &operation, &one, &two, &three, &raw[0], &raw[1],
                                      &raw[2], &branch, NULL) != DW_DLV_OK ||
        operation < DW_OP_reg0 || operation > DW_OP_reg15)
        return;
    ADD(r->types->locals, r->types->local_count) =
        (struct local){{start, end}, (unsigned)operation - DW_OP_reg0, 0, type};
}

/* DW_OP_fbreg and an offset, for all of the function: its frame base is the CFA. */
static bool in_frame(struct reader *r, Dwarf_Attribute attribute, type_id type)
{
    Dwarf_Unsigned length;
    Dwarf_Ptr block;
    int64_t offset = 0;

    if (dwarf_formexprloc(attribute, &length, &block, NULL) != DW_DLV_OK)
        return false;

    const uint8_t *bytes = block;
    unsigned shift = 0;

    if (length < 2 || bytes[0] != DW_OP_fbreg)
        return true;
    for (size_t i = 1; i < length && shift < 64; i++, shift += 7)
        offset |= (int64_t)(bytes[i] & 0x7f) << shift;
    if (bytes[length - 1] & 0x40) /* SLEB128: the sign */
        offset |= shift < 64 ? -((int64_t)1 << shift) : 0;
    ADD(r->types->locals, r->types->local_count) =
        (struct local){r->function, IN_FRAME, offset, type};
    return true;
}

void read_local(struct reader *r, Dwarf_Die die)
{
    type_id type = type_through_origin(r, die);
    Dwarf_Attribute attribute;
    Dwarf_Loc_Head_c head;
    Dwarf_Unsigned count;

    if (type == 0 || dwarf_attr(die, DW_AT_location, &attribute, NULL) != DW_DLV_OK ||
        in_frame(r, attribute, type) ||
        dwarf_get_loclist_c(attribute, &head, &count, NULL) != DW_DLV_OK)
        return;
    for (Dwarf_Unsigned i = 0; i < count; i++)
        read_entry(r, head, i, type);
    dwarf_loc_head_c_dealloc(head);
}

static int by_start(const void *a, const void *b)
{
    const struct local *x = a, *y = b;

    return x->range.start < y->range.start ? -1 : x->range.start > y->range.start;
}

void read_locals_end(struct reader *r)
{
    qsort(r->types->locals, r->types->local_count, sizeof(*r->types->locals), by_start);
}
