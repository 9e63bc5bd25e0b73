/*
 * symbol_table.h: names and addresses in little space, as scripts/symbols.py writes them.
 *
 * Offsets from the image's base, ascending; names as counted bytes, each of which stands for one to
 * some ten characters. A name of no characters is a gap: what is behind it belongs to nobody.
 *
 * Pure: no memory but the table's and the caller's. The table may be anything at all.
 */
#ifndef TRAPLINE_SYMBOL_TABLE_H
#define TRAPLINE_SYMBOL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYMBOL_NAME_MAX 64 /* the end included */

struct symbol_table {
    const uint8_t *data; /* aligned to 8 bytes */
    size_t size;
};

/* There is one, in one piece; *base: the address from which its offsets count. */
bool symbol_table_good(const struct symbol_table *table, uint64_t *base);

/*
 * The symbol in which an offset lies: the start of it, and its name with SYMBOL_NAME_MAX bytes of
 * room. False: none.
 */
bool symbol_table_find(const struct symbol_table *table, uint64_t offset, uint64_t *start,
                       char *name);

/* The offset of a name. False: there is none. */
bool symbol_table_named(const struct symbol_table *table, const char *name, uint64_t *offset);

#endif
