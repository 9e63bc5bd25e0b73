/* types.c: questions about what types_read.c has read. */
#include "types.h"

#include <dwarf.h>
#include <string.h>

const struct type *type_of(const struct types *types, type_id id)
{
    size_t low = 0, high = types->type_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (types->types[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < types->type_count && types->types[low].id == id ? &types->types[low] : NULL;
}

const struct type *type_proper(const struct types *types, type_id id)
{
    const struct type *type = type_of(types, id);

    while (type != NULL && (type->tag == DW_TAG_typedef || type->tag == DW_TAG_const_type ||
                            type->tag == DW_TAG_volatile_type))
        type = type_of(types, type->of);

    /* One unit may know no more of a structure than its name. */
    if (type != NULL && type->tag == DW_TAG_structure_type && type->count == 0 &&
        type->name[0] != '\0')
        return structure_named(types, type->name);
    return type;
}

const struct type *type_behind(const struct types *types, type_id id)
{
    const struct type *type = type_proper(types, id);

    if (type == NULL || (type->tag != DW_TAG_pointer_type && type->tag != DW_TAG_array_type))
        return NULL;
    return type_proper(types, type->of);
}

uint64_t type_size(const struct types *types, type_id id)
{
    const struct type *type = type_proper(types, id);

    if (type == NULL)
        return 0;
    return type->tag == DW_TAG_array_type ? type->elements * type_size(types, type->of)
                                          : type->size;
}

bool type_is_function_pointer(const struct types *types, type_id id)
{
    const struct type *type = type_proper(types, id);

    if (type == NULL || type->tag != DW_TAG_pointer_type)
        return false;
    type = type_proper(types, type->of);
    return type != NULL && type->tag == DW_TAG_subroutine_type;
}

const struct type *structure_named(const struct types *types, const char *name)
{
    for (size_t i = 0; i < types->type_count; i++) {
        const struct type *type = &types->types[i];

        if (type->tag == DW_TAG_structure_type && type->count > 0 && strcmp(type->name, name) == 0)
            return type;
    }
    return NULL;
}

const struct member *member_named(const struct types *types, const struct type *structure,
                                  const char *name)
{
    for (size_t i = 0; i < structure->count; i++) {
        const struct member *member = &types->members[structure->first + i];

        if (strcmp(member->name, name) == 0)
            return member;
    }
    return NULL;
}

static const struct member *member_over(const struct types *types, const struct type *structure,
                                        uint64_t offset)
{
    for (size_t i = 0; i < structure->count; i++) {
        const struct member *member = &types->members[structure->first + i];
        uint64_t size = type_size(types, member->type);

        if (offset >= member->offset && offset - member->offset < size)
            return member;
    }
    return NULL;
}

bool type_at(const struct types *types, const struct type *type, uint64_t offset,
             struct place *place)
{
    *place = (struct place){NULL, NULL, type->id, offset};
    for (;;) {
        type = type_proper(types, place->type);
        if (type == NULL)
            return false;
        if (type->tag == DW_TAG_array_type) {
            uint64_t size = type_size(types, type->of);

            if (size == 0)
                return false;
            place->rest %= size;
            place->type = type->of;
        } else if (type->tag == DW_TAG_structure_type || type->tag == DW_TAG_union_type) {
            const struct member *member = member_over(types, type, place->rest);

            if (member == NULL)
                return false;
            *place = (struct place){type, member, member->type, place->rest - member->offset};
        } else {
            return true;
        }
    }
}

const struct variable *variable_at(const struct types *types, uint64_t address)
{
    size_t low = 0, high = types->variable_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (types->variables[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low > 0; low--) { /* back over what has no size, or is declared twice */
        const struct variable *variable = &types->variables[low - 1];

        if (variable->size > 0)
            return address - variable->address < variable->size ? variable : NULL;
    }
    return NULL;
}

const struct local *local_in_frame(const struct types *types, uint64_t address, int64_t offset)
{
    size_t low = 0, high = types->local_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (types->locals[middle].range.start < address)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < types->local_count && types->locals[low].range.start == address; low++) {
        const struct local *local = &types->locals[low];

        if (local->reg == IN_FRAME && offset >= local->offset &&
            offset - local->offset < (int64_t)type_size(types, local->type))
            return local;
    }
    return NULL;
}

const struct function *function_named(const struct types *types, const char *name)
{
    const struct function *best = NULL;

    for (size_t i = 0; i < types->function_count; i++) {
        const struct function *function = &types->functions[i];

        if (strcmp(function->name, name) == 0 && (best == NULL || best->count < function->count))
            best = function;
    }
    return best;
}

const struct function *function_at(const struct types *types, const struct image *image,
                                   uint64_t address)
{
    const struct symbol *symbol = NULL;

    for (size_t i = 0; i < image->symbol_count && symbol == NULL; i++) {
        if (image->symbols[i].address == address && image->symbols[i].type == STT_FUNC)
            symbol = &image->symbols[i];
    }
    if (symbol == NULL || strchr(symbol->name, '.') != NULL)
        return NULL;
    for (size_t i = 0; i < types->function_count; i++) {
        if (types->functions[i].address == address && types->functions[i].count > 0)
            return &types->functions[i];
    }
    return function_named(types, symbol->name);
}

bool constant_named(const struct types *types, const char *name, uint64_t *value)
{
    for (size_t i = 0; i < types->constant_count; i++) {
        if (strcmp(types->constants[i].name, name) == 0) {
            *value = types->constants[i].value;
            return true;
        }
    }
    return false;
}
