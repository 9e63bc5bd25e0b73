/* types_reader.h: between the parts of types_read.c. */
#ifndef ELFCHECK_TYPES_READER_H
#define ELFCHECK_TYPES_READER_H

#include "types.h"

struct reader {
    struct types *types;
    Dwarf_Debug debug;
    char **files; /* of the unit */
    Dwarf_Signed file_count;
    struct range function;   /* that is being read */
    Dwarf_Unsigned *imports; /* parts of .debug_macro that were read */
    size_t import_count;
};

/* Room for one more, zeroed. */
void *grown(void **array, size_t *count, size_t size);
#define ADD(array, count) (*(typeof(array))grown((void **)&(array), &(count), sizeof(*(array))))

/* The DIE that an attribute refers to; 0 if there is none. */
type_id read_reference(Dwarf_Die die, Dwarf_Half what);

/* A variable or parameter that has been in a register. */
void read_local(struct reader *r, Dwarf_Die die);
void read_locals_end(struct reader *r);
void read_macro_unit(struct reader *r, Dwarf_Die unit);

#endif
