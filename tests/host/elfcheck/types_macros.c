/* types_macros.c: .debug_macro, for the constants that C and assembly share. */
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "types_reader.h"

/* "NAME 16": a constant that assembly sees as well. Not what has parameters, or is no number. */
static void read_macro(struct reader *r, const char *text)
{
    const char *value = strchr(text, ' ');
    char *end = NULL;
    uint64_t n = value != NULL ? strtoull(value, &end, 0) : 0;

    if (value == NULL || end == value || *end != '\0' ||
        memchr(text, '(', (size_t)(value - text)) != NULL)
        return;
    ADD(r->types->constants, r->types->constant_count) =
        (struct constant){strndup(text, (size_t)(value - text)), n, true};
}

static void read_part(struct reader *r, Dwarf_Die unit, Dwarf_Unsigned offset);

/* What several units include is there once, and imported. */
static void read_import(struct reader *r, Dwarf_Die unit, Dwarf_Unsigned offset)
{
    for (size_t i = 0; i < r->import_count; i++) {
        if (r->imports[i] == offset)
            return;
    }
    ADD(r->imports, r->import_count) = offset;
    read_part(r, unit, offset);
}

static void read_macros(struct reader *r, Dwarf_Die unit, Dwarf_Macro_Context context,
                        Dwarf_Unsigned count)
{
    Dwarf_Unsigned at, line, index, offset;
    Dwarf_Half operator, forms;
    const Dwarf_Small *codes;
    const char *text;

    for (Dwarf_Unsigned i = 0; i < count; i++) {
        if (dwarf_get_macro_op(context, i, &at, &operator, &forms, &codes, NULL) != DW_DLV_OK)
            break;
        if (operator == DW_MACRO_import &&
            dwarf_get_macro_import(context, i, &offset, NULL) == DW_DLV_OK)
            read_import(r, unit, offset);
        if ((operator == DW_MACRO_define || operator == DW_MACRO_define_strp) &&
            dwarf_get_macro_defundef(context, i, &line, &index, &offset, &forms, &text,
                                     NULL) == DW_DLV_OK)
            read_macro(r, text);
    }
    dwarf_dealloc_macro_context(context);
}

static void read_part(struct reader *r, Dwarf_Die unit, Dwarf_Unsigned offset)
{
    Dwarf_Unsigned version, count, length;
    Dwarf_Macro_Context context;

    if (dwarf_get_macro_context_by_offset(unit, offset, &version, &context, &count, &length,
                                          NULL) == DW_DLV_OK)
        read_macros(r, unit, context, count);
}

void read_macro_unit(struct reader *r, Dwarf_Die unit)
{
    Dwarf_Unsigned version, offset, count, length;
    Dwarf_Macro_Context context;

    if (dwarf_get_macro_context(unit, &version, &context, &offset, &count, &length, NULL) ==
        DW_DLV_OK)
        read_macros(r, unit, context, count);
}
