/* check_tables.c: what the processor reads, and the register table. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "flow.h"
#include "layout.h"

static const struct {
    const char *structure, *member; /* NULL: its size */
    uint64_t offset;
} hardware[] = {
    /* Intel SDM vol. 3, figures 7-11 and 6-8 */
    {"task_state", "rsp", 4},      {"task_state", "ist", 36},
    {"task_state", "io_map", 102}, {"task_state", NULL, 104},
    {"gate", "offset_low", 0},     {"gate", "selector", 2},
    {"gate", "ist", 4},            {"gate", "attributes", 5},
    {"gate", "offset_middle", 6},  {"gate", "offset_high", 8},
    {"gate", NULL, 16},            {"table_pointer", "base", 2},
};

void check_hardware(const struct subject *subject, struct report *report)
{
    size_t count = sizeof(hardware) / sizeof(hardware[0]);

    for (size_t i = 0; i < count; i++) {
        const struct type *type = structure_named(&subject->types, hardware[i].structure);
        const char *name = hardware[i].member;
        const struct member *member =
            type != NULL && name != NULL ? member_named(&subject->types, type, name) : NULL;

        if (type == NULL || (name != NULL && member == NULL))
            report_failure(report, "there is no %s in struct %s", name != NULL ? name : "member",
                           hardware[i].structure);
        else if ((member != NULL ? member->offset : type->size) != hardware[i].offset)
            report_failure(report, "%s of struct %s is not %" PRIu64, name ? name : "the size",
                           hardware[i].structure, hardware[i].offset);
    }
    report_covered(report, "%zu offsets of the processor's", count);
}

/* Where FXSAVE puts them in 64-bit mode (Intel SDM vol. 1, table 10-2). */
static bool fxsave_offset(const char *name, uint64_t *offset)
{
    static const struct {
        const char *name;
        uint64_t offset;
    } fields[] = {{"fctrl", 0}, {"fstat", 2},  {"ftag", 4},   {"fop", 6},   {"fioff", 8},
                  {"fiseg", 12}, {"fooff", 16}, {"foseg", 20}, {"mxcsr", 24}};
    unsigned n;

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strcmp(fields[i].name, name) == 0) {
            *offset = fields[i].offset;
            return true;
        }
    }
    if (sscanf(name, "xmm%u", &n) == 1)
        *offset = 160 + 16 * n;
    else if (sscanf(name, "st%u", &n) == 1)
        *offset = 32 + 16 * n;
    else
        return false;
    return true;
}

struct row {
    const char *name, *other;
    uint64_t place, size, offset;
};

/* A member's value, in an element of an array that is a constant of the kernel's. */
static uint64_t field(const struct subject *subject, uint64_t element, const struct type *type,
                      const char *name)
{
    const struct member *member = member_named(&subject->types, type, name);
    uint64_t value = 0, size;
    const uint8_t *bytes;

    if (member == NULL)
        give_up("struct %s has no %s", type->name, name);
    size = type_size(&subject->types, member->type);
    bytes = image_at(&subject->image, element + member->offset, size);
    if (bytes == NULL || size > sizeof(value))
        give_up("struct %s: %s cannot be read", type->name, name);
    memcpy(&value, bytes, size);
    return value;
}

static const char *text_at(const struct subject *subject, uint64_t address)
{
    const uint8_t *bytes = image_at(&subject->image, address, 1);

    return address != 0 && bytes != NULL ? (const char *)bytes : "";
}

/* "SYSTEM_", "cr0": the enumerator SYSTEM_CR0. */
static bool enumerator(const struct subject *subject, const char *prefix, const char *name,
                       uint64_t *value)
{
    char text[64];

    snprintf(text, sizeof(text), "%s%s", prefix, name);
    for (char *c = text; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    return constant_named(&subject->types, text, value);
}

static bool expected(const struct subject *subject, const struct row *row, uint64_t *offset)
{
    const struct types *types = &subject->types;
    const struct type *frame = structure_named(types, "trap_frame");
    uint64_t in_frame, selector, system, fpu, tag;

    if (!constant_named(types, "PLACE_FRAME", &in_frame) ||
        !constant_named(types, "PLACE_SELECTOR", &selector) ||
        !constant_named(types, "PLACE_SYSTEM", &system) ||
        !constant_named(types, "PLACE_FPU", &fpu) || !constant_named(types, "PLACE_FTAG", &tag))
        give_up("there is no enum register_place");
    if (row->place == in_frame) {
        const struct member *member = member_named(types, frame, row->name);

        if (member == NULL)
            member = member_named(types, frame, row->other);
        *offset = member != NULL ? member->offset : 0;
        return member != NULL && row->size <= type_size(types, member->type);
    }
    if (row->place == selector)
        return enumerator(subject, "SELECTOR_", row->name, offset);
    if (row->place == system)
        return enumerator(subject, "SYSTEM_", row->name, offset);
    return (row->place == fpu || row->place == tag) && fxsave_offset(row->name, offset);
}

static bool read_row(const struct subject *subject, const struct variable *rows,
                     const struct variable *homes, size_t i, struct row *row)
{
    const struct type *row_type = type_behind(&subject->types, rows->type);
    const struct type *home_type = type_behind(&subject->types, homes->type);
    uint64_t at = rows->address + i * row_type->size;
    uint64_t home = homes->address + i * home_type->size;

    if (i * row_type->size >= type_size(&subject->types, rows->type))
        return false;
    *row = (struct row){text_at(subject, field(subject, at, row_type, "name")),
                        text_at(subject, field(subject, at, row_type, "altname")),
                        field(subject, home, home_type, "place"),
                        field(subject, home, home_type, "size"),
                        field(subject, home, home_type, "offset")};
    return true;
}

static const struct variable *array_of(const struct subject *subject, const char *structure)
{
    for (size_t i = 0; i < subject->types.variable_count; i++) {
        const struct variable *variable = &subject->types.variables[i];
        const struct type *type = type_behind(&subject->types, variable->type);

        if (type != NULL && strcmp(type->name, structure) == 0 &&
            type_size(&subject->types, variable->type) > type->size)
            return variable;
    }
    give_up("there is no array of struct %s", structure);
}

void check_register_table(const struct subject *subject, struct report *report)
{
    const struct variable *rows = array_of(subject, "gdb_register");
    const struct variable *homes = array_of(subject, "register_home");
    const struct type *cpu = structure_named(&subject->types, "debugger_cpu");
    const struct member *system = cpu ? member_named(&subject->types, cpu, "system") : NULL;
    uint64_t offset = 0, last = 0;
    struct row row;
    size_t count = 0;

    for (; read_row(subject, rows, homes, count, &row); count++) {
        if (!expected(subject, &row, &offset))
            report_failure(report, "register %s: nothing there is called so", row.name);
        else if (row.offset != offset)
            report_failure(report, "register %s is at %" PRIu64 ", its row says %" PRIu64,
                           row.name, offset, row.offset);
    }
    if (!constant_named(&subject->types, "SYSTEM_REGISTERS", &last) || system == NULL ||
        type_size(&subject->types, system->type) != 8 * last)
        report_failure(report, "struct debugger_cpu has no room for the system registers");
    report_covered(report, "%zu rows of the register table", count);
}
