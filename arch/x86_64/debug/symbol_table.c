/* symbol_table.c: see symbol_table.h. */
#include "symbol_table.h"

#include <string.h>

#define MAGIC      0x31534c54 /* "TLS1" */
#define PER_MARKER 16
#define CODES      256
#define PAGE_SHIFT 12

struct header {
    uint32_t magic, count;
    uint64_t base; /* in pages: an address would be taken for a pointer */
    uint32_t markers, codes, texts, names; /* where these begin, from the table's start */
};

static const struct header *header_of(const struct symbol_table *table)
{
    return (const struct header *)table->data;
}

static const uint32_t *offsets(const struct symbol_table *table)
{
    return (const uint32_t *)(table->data + sizeof(struct header));
}

static uint32_t markers_of(uint32_t count)
{
    return (count + PER_MARKER - 1) / PER_MARKER;
}

bool symbol_table_good(const struct symbol_table *table, uint64_t *base)
{
    const struct header *h = header_of(table);

    if (!table->data || table->size < sizeof(*h) || h->magic != MAGIC || h->count == 0 ||
        h->count > table->size / sizeof(uint32_t))
        return false;
    *base = h->base << PAGE_SHIFT;
    return h->markers == sizeof(*h) + h->count * sizeof(uint32_t) &&
           h->codes == h->markers + markers_of(h->count) * sizeof(uint32_t) &&
           h->texts == h->codes + (CODES + 1) * sizeof(uint16_t) && h->texts <= h->names &&
           h->names <= table->size;
}

/* Characters of one code, up to the room that is left; *n counts those that the name has. */
static void expand(const struct symbol_table *table, uint8_t code, char *name, size_t *n)
{
    const struct header *h = header_of(table);
    const uint16_t *starts = (const uint16_t *)(table->data + h->codes);

    for (uint32_t i = starts[code]; i < starts[code + 1] && h->texts + i < h->names; i++)
        if (*n < SYMBOL_NAME_MAX - 1)
            name[(*n)++] = (char)table->data[h->texts + i];
}

/* The name at *at, which goes on to the next one. False: that is beyond the table. */
static bool next_name(const struct symbol_table *table, uint64_t *at, char *name)
{
    size_t n = 0;

    if (*at >= table->size || table->data[*at] >= table->size - *at)
        return false;

    const uint8_t *codes = &table->data[*at + 1];
    uint8_t length = codes[-1];

    for (uint8_t i = 0; i < length; i++)
        expand(table, codes[i], name, &n);
    name[n] = '\0';
    *at += 1u + length;
    return true;
}

/* Where the names of the symbols from the nth marker on are. */
static uint64_t marker(const struct symbol_table *table, uint32_t n)
{
    const struct header *h = header_of(table);

    return h->names + (uint64_t)((const uint32_t *)(table->data + h->markers))[n];
}

static bool name_of(const struct symbol_table *table, uint32_t n, char *name)
{
    uint64_t at = marker(table, n / PER_MARKER);

    for (uint32_t i = n % PER_MARKER + 1; i; i--)
        if (!next_name(table, &at, name))
            return false;
    return true;
}

bool symbol_table_find(const struct symbol_table *table, uint64_t offset, uint64_t *start,
                       char *name)
{
    const uint32_t *from = offsets(table);
    uint32_t low = 0, high = header_of(table)->count; /* the one meant is below high */

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (from[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    if (from[low] > offset || !name_of(table, low, name))
        return false;
    *start = from[low];
    return *name != '\0';
}

bool symbol_table_named(const struct symbol_table *table, const char *name, uint64_t *offset)
{
    uint64_t at = header_of(table)->names;
    char found[SYMBOL_NAME_MAX];

    if (!*name)
        return false;
    for (uint32_t i = 0; i < header_of(table)->count && next_name(table, &at, found); i++) {
        if (strcmp(found, name) == 0) {
            *offset = offsets(table)[i];
            return true;
        }
    }
    return false;
}
