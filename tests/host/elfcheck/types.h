/* types.h: what the file's DWARF says of its data: structures, variables, functions, constants. */
#ifndef ELFCHECK_TYPES_H
#define ELFCHECK_TYPES_H

#include "debug_info.h"

typedef Dwarf_Off type_id; /* a DIE's offset; 0 is none, or void */

struct member { /* of a structure; or a parameter, of a function or its type */
    const char *name;
    uint64_t offset; /* in bytes */
    type_id type;
};

struct type {
    type_id id;
    Dwarf_Half tag;
    const char *name, *file; /* where it is declared */
    uint64_t size;
    type_id of;        /* what it points to, is an array of, returns, or is another name for */
    uint64_t elements; /* of an array */
    size_t first, count; /* into types.members */
};

struct variable {
    const char *name;
    uint64_t address, size;
    type_id type;
};

struct function {
    const char *name;
    uint64_t address; /* 0 for what is only declared */
    type_id returns;
    size_t first, count; /* its parameters, in types.members */
    type_id origin;      /* of which this is the code; or 0 */
};

struct constant { /* an enumerator, or a macro that is a number */
    const char *name;
    uint64_t value;
    bool macro;
};

#define IN_FRAME 16 /* a function's variable on its stack, offset bytes from the CFA */

struct local { /* a parameter or a variable, as long as it is in a register */
    struct range range;
    unsigned reg;
    int64_t offset;
    type_id type;
};

struct types {
    struct type *types; /* by id */
    size_t type_count;
    struct member *members;
    size_t member_count;
    struct variable *variables; /* by address */
    size_t variable_count;
    struct function *functions;
    size_t function_count;
    struct local *locals; /* by where they begin */
    size_t local_count;
    struct constant *constants;
    size_t constant_count;
};

void types_open(struct types *types, struct dwarf *dwarf);
void types_close(struct types *types);

const struct type *type_of(const struct types *types, type_id id);
/* ... without const, volatile and other names for it. */
const struct type *type_proper(const struct types *types, type_id id);
/* What a pointer or an array is of; NULL if it is neither, or of void. */
const struct type *type_behind(const struct types *types, type_id id);
uint64_t type_size(const struct types *types, type_id id);
bool type_is_function_pointer(const struct types *types, type_id id);

/* NULL if there is none with members. */
const struct type *structure_named(const struct types *types, const char *name);
const struct member *member_named(const struct types *types, const struct type *structure,
                                  const char *name);

struct place { /* a member of a member ... of a structure */
    const struct type *structure;
    const struct member *member;
    type_id type; /* of what lies at the offset: through arrays, the element's */
    uint64_t rest; /* how far into it */
};
/* What lies at an offset of a structure or an array. */
bool type_at(const struct types *types, const struct type *type, uint64_t offset,
             struct place *place);

const struct variable *variable_at(const struct types *types, uint64_t address);
/* The variable on the stack of the function that begins at address, over an offset from its CFA. */
const struct local *local_in_frame(const struct types *types, uint64_t address, int64_t offset);
const struct function *function_named(const struct types *types, const char *name);
/*
 * The function that begins there; the assembler's are found by their names, as C declares them. NULL
 * also for what a compiler has made of one ("copy.isra.0"), with other parameters.
 */
const struct function *function_at(const struct types *types, const struct image *image,
                                   uint64_t address);
bool constant_named(const struct types *types, const char *name, uint64_t *value);

#endif
