/* types_read.c: every DIE once, into tables. */
#include "types.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#define ADD(array, count) (*(typeof(array))grown((void **)&(array), &(count), sizeof(*(array))))

struct reader {
    struct types *types;
    Dwarf_Debug debug;
    char **files; /* of the unit */
    Dwarf_Signed file_count;
    Dwarf_Unsigned *imports; /* parts of .debug_macro that were read */
    size_t import_count;
};

/* Room for one more, zeroed. */
static void *grown(void **array, size_t *count, size_t size)
{
    if ((*count & (*count - 1)) == 0)
        *array = realloc(*array, (*count ? *count * 2 : 1) * size);

    void *last = (char *)*array + (*count)++ * size;

    memset(last, 0, size);
    return last;
}

static uint64_t number(Dwarf_Die die, Dwarf_Half what, uint64_t otherwise)
{
    Dwarf_Attribute attribute;
    Dwarf_Unsigned value;
    Dwarf_Signed negative;

    if (dwarf_attr(die, what, &attribute, NULL) != DW_DLV_OK)
        return otherwise;
    if (dwarf_formudata(attribute, &value, NULL) == DW_DLV_OK)
        return value;
    return dwarf_formsdata(attribute, &negative, NULL) == DW_DLV_OK ? (uint64_t)negative
                                                                    : otherwise;
}

static type_id reference(Dwarf_Die die, Dwarf_Half what)
{
    Dwarf_Attribute attribute;
    Dwarf_Off offset;

    if (dwarf_attr(die, what, &attribute, NULL) != DW_DLV_OK ||
        dwarf_global_formref(attribute, &offset, NULL) != DW_DLV_OK)
        return 0;
    return offset;
}

static const char *name_of(Dwarf_Die die)
{
    char *name;

    return dwarf_diename(die, &name, NULL) == DW_DLV_OK ? name : "";
}

/* DW_OP_addr and the address: where a variable of static storage is. */
static uint64_t location(Dwarf_Die die)
{
    Dwarf_Attribute attribute;
    Dwarf_Unsigned length;
    Dwarf_Ptr bytes;
    uint64_t address = 0;

    if (dwarf_attr(die, DW_AT_location, &attribute, NULL) == DW_DLV_OK &&
        dwarf_formexprloc(attribute, &length, &bytes, NULL) == DW_DLV_OK && length == 9 &&
        *(uint8_t *)bytes == DW_OP_addr)
        memcpy(&address, (uint8_t *)bytes + 1, 8);
    return address;
}

/* A child's part in its parent: members and parameters are told apart by who asks for them. */
static bool read_member(struct reader *r, Dwarf_Die die, Dwarf_Half tag)
{
    if (tag != DW_TAG_member && tag != DW_TAG_formal_parameter)
        return false;
    ADD(r->types->members, r->types->member_count) =
        (struct member){name_of(die), number(die, DW_AT_data_member_location, 0),
                        reference(die, DW_AT_type)};
    return true;
}

static uint64_t elements(Dwarf_Die die)
{
    return number(die, DW_AT_count, number(die, DW_AT_upper_bound, UINT64_MAX) + 1);
}

static void read_children(struct reader *r, Dwarf_Die die, struct type *own)
{
    Dwarf_Die child;
    Dwarf_Half tag;

    own->first = r->types->member_count;
    for (int more = dwarf_child(die, &child, NULL); more == DW_DLV_OK;
         more = dwarf_siblingof_b(r->debug, child, true, &child, NULL)) {
        dwarf_tag(child, &tag, NULL);
        if (read_member(r, child, tag))
            own->count++;
        else if (tag == DW_TAG_subrange_type)
            own->elements = (own->elements ? own->elements : 1) * elements(child);
        else if (tag == DW_TAG_enumerator)
            ADD(r->types->constants, r->types->constant_count) =
                (struct constant){name_of(child), number(child, DW_AT_const_value, 0), false};
    }
}

static void read_type(struct reader *r, Dwarf_Die die, struct type *own)
{
    uint64_t file = number(die, DW_AT_decl_file, UINT64_MAX);

    dwarf_dieoffset(die, &own->id, NULL);
    own->name = name_of(die);
    own->file = file < (uint64_t)r->file_count ? r->files[file] : "";
    own->size = number(die, DW_AT_byte_size, 0);
    own->of = reference(die, DW_AT_type);
    read_children(r, die, own);
    ADD(r->types->types, r->types->type_count) = *own;
}

static void read_function(struct reader *r, Dwarf_Die die, const struct type *own)
{
    Dwarf_Addr address = 0;

    dwarf_lowpc(die, &address, NULL);
    if (own->name[0] != '\0')
        ADD(r->types->functions, r->types->function_count) =
            (struct function){own->name, address, own->of, own->first, own->count};
}

static void read_die(struct reader *r, Dwarf_Die die)
{
    struct type own = {0};

    dwarf_tag(die, &own.tag, NULL);
    switch (own.tag) {
    case DW_TAG_base_type:
    case DW_TAG_pointer_type:
    case DW_TAG_array_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
    case DW_TAG_typedef:
    case DW_TAG_const_type:
    case DW_TAG_volatile_type:
    case DW_TAG_subroutine_type:
        read_type(r, die, &own);
        break;
    case DW_TAG_subprogram:
        read_type(r, die, &own);
        read_function(r, die, &own);
        break;
    case DW_TAG_variable:
        if (location(die) != 0)
            ADD(r->types->variables, r->types->variable_count) =
                (struct variable){name_of(die), location(die), reference(die, DW_AT_type)};
        break;
    }
}

/* Types and static variables may be a function's own. */
static void read_tree(struct reader *r, Dwarf_Die die)
{
    Dwarf_Die child;

    for (int more = dwarf_child(die, &child, NULL); more == DW_DLV_OK;
         more = dwarf_siblingof_b(r->debug, child, true, &child, NULL)) {
        read_die(r, child);
        read_tree(r, child);
    }
}

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

static void read_macro_unit(struct reader *r, Dwarf_Die unit, Dwarf_Unsigned offset);

/* What several units include is there once, and imported. */
static void read_import(struct reader *r, Dwarf_Die unit, Dwarf_Unsigned offset)
{
    for (size_t i = 0; i < r->import_count; i++) {
        if (r->imports[i] == offset)
            return;
    }
    ADD(r->imports, r->import_count) = offset;
    read_macro_unit(r, unit, offset);
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

static void read_macro_unit(struct reader *r, Dwarf_Die unit, Dwarf_Unsigned offset)
{
    Dwarf_Unsigned version, count, length;
    Dwarf_Macro_Context context;

    if (dwarf_get_macro_context_by_offset(unit, offset, &version, &context, &count, &length,
                                          NULL) == DW_DLV_OK)
        read_macros(r, unit, context, count);
}

static void read_unit(struct reader *r, Dwarf_Die unit)
{
    Dwarf_Unsigned version, offset, count, length;
    Dwarf_Macro_Context context;

    if (dwarf_srcfiles(unit, &r->files, &r->file_count, NULL) != DW_DLV_OK)
        r->file_count = 0;
    read_tree(r, unit);
    if (dwarf_get_macro_context(unit, &version, &context, &offset, &count, &length, NULL) ==
        DW_DLV_OK)
        read_macros(r, unit, context, count);
}

static int by_id(const void *a, const void *b)
{
    const struct type *x = a, *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

void types_open(struct types *types, struct dwarf *dwarf)
{
    struct reader r = {.types = types, .debug = dwarf->debug};

    *types = (struct types){0};
    for (size_t i = 0; i < dwarf->unit_count; i++) {
        Dwarf_Die unit;

        if (dwarf_offdie_b(dwarf->debug, dwarf->units[i].die, true, &unit, NULL) != DW_DLV_OK)
            give_up("the unit %s cannot be read", dwarf->units[i].name);
        read_unit(&r, unit);
    }
    free(r.imports);
    qsort(types->types, types->type_count, sizeof(*types->types), by_id);
}

void types_close(struct types *types)
{
    for (size_t i = 0; i < types->constant_count; i++) {
        if (types->constants[i].macro)
            free((char *)types->constants[i].name);
    }
    free(types->types);
    free(types->members);
    free(types->variables);
    free(types->functions);
    free(types->constants);
}
