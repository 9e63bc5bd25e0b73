/* types_read.c: every DIE once, into tables. */
#include "types_reader.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

void *grown(void **array, size_t *count, size_t size)
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

type_id read_reference(Dwarf_Die die, Dwarf_Half what)
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
                        read_reference(die, DW_AT_type)};
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
    own->of = read_reference(die, DW_AT_type);
    read_children(r, die, own);
    ADD(r->types->types, r->types->type_count) = *own;
}

static void read_function(struct reader *r, Dwarf_Die die, const struct type *own)
{
    Dwarf_Addr address = 0;

    dwarf_lowpc(die, &address, NULL);
    r->function = (struct range){address, address};
    ADD(r->types->functions, r->types->function_count) =
        (struct function){own->name, address, own->of, own->first, own->count,
                          read_reference(die, DW_AT_abstract_origin)};
}

/* The definition may leave to the header's declaration what type it has. */
static type_id variable_type(struct reader *r, Dwarf_Die die)
{
    type_id own = read_reference(die, DW_AT_type), declaration = read_reference(die, DW_AT_specification);
    Dwarf_Die declared;

    if (own == 0 && declaration != 0 &&
        dwarf_offdie_b(r->debug, declaration, true, &declared, NULL) == DW_DLV_OK)
        return read_reference(declared, DW_AT_type);
    return own;
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
                (struct variable){name_of(die), location(die), 0, variable_type(r, die)};
        else
            read_local(r, die);
        break;
    case DW_TAG_formal_parameter:
        read_local(r, die);
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

static void read_unit(struct reader *r, Dwarf_Die unit)
{
    if (dwarf_srcfiles(unit, &r->files, &r->file_count, NULL) != DW_DLV_OK)
        r->file_count = 0;
    read_tree(r, unit);
    read_macro_unit(r, unit);
}

static int by_id(const void *a, const void *b)
{
    const struct type *x = a, *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

/* The code of a function that has also been inlined: its name and types are told only once. */
static void resolve_origins(struct types *types)
{
    for (size_t i = 0; i < types->function_count; i++) {
        struct function *function = &types->functions[i];
        const struct type *origin = type_of(types, function->origin);

        if (origin == NULL)
            continue;
        function->name = origin->name;
        function->returns = origin->of;
        function->first = origin->first;
        function->count = origin->count;
    }
}

static int by_address(const void *a, const void *b)
{
    const struct variable *x = a, *y = b;

    return x->address < y->address ? -1 : x->address > y->address;
}

static void sort_variables(struct types *types)
{
    for (size_t i = 0; i < types->variable_count; i++)
        types->variables[i].size = type_size(types, types->variables[i].type);
    qsort(types->variables, types->variable_count, sizeof(*types->variables), by_address);
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
    read_locals_end(&r);
    qsort(types->types, types->type_count, sizeof(*types->types), by_id);
    resolve_origins(types);
    sort_variables(types);
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
    free(types->locals);
    free(types->constants);
}
