/*
 * thread_index.h: where in the kernel's list an id is, so that finding one of a thousand threads
 * does not take a walk past all others.
 */
#ifndef TRAPLINE_THREAD_INDEX_H
#define TRAPLINE_THREAD_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many entries in a row: the cursor that leads to the first, and how many come before it. */
struct index_part {
    uint64_t cursor;
    size_t before, entries;
};

void index_forget(void);

/* The next entry of the list, from the first one on, and the cursor that led to it. */
void index_add(uint64_t cursor, uint64_t id);

/* The next part that an id can be in, from *n on, which is 0 at first; false: there is none. */
bool index_find(uint64_t id, size_t *n, struct index_part *part);

#endif
