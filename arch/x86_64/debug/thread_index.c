/*
 * thread_index.c: see thread_index.h. Kernels give their ids in some order, so a part of the list
 * has a few neighbours; in one without any order each part can have every id, and is looked at.
 */
#include "thread_index.h"

#define PARTS 64 /* even */

/* cursor leads to its first entry; ids are below 2^31, or in no list. */
struct part {
    uint64_t cursor;
    uint32_t lowest, highest;
};

static struct part parts[PARTS];
static size_t entries, each = 1; /* all of them, and those of a part: a power of two */

void index_forget(void)
{
    entries = 0;
    each = 1;
}

static void widen(struct part *part, uint32_t lowest, uint32_t highest)
{
    if (lowest < part->lowest)
        part->lowest = lowest;
    if (highest > part->highest)
        part->highest = highest;
}

/* There is no room for one more: each two become one. */
static void join(void)
{
    for (size_t i = 0; i < PARTS / 2; i++) {
        parts[i] = parts[2 * i];
        widen(&parts[i], parts[2 * i + 1].lowest, parts[2 * i + 1].highest);
    }
    each *= 2;
}

void index_add(uint64_t cursor, uint64_t id)
{
    if (entries == PARTS * each)
        join();

    struct part *part = &parts[entries / each];

    if (entries++ % each == 0)
        *part = (struct part){cursor, (uint32_t)id, (uint32_t)id};
    else
        widen(part, (uint32_t)id, (uint32_t)id);
}

bool index_find(uint64_t id, size_t *n, struct index_part *part)
{
    while (*n * each < entries) {
        const struct part *p = &parts[*n];

        *part = (struct index_part){p->cursor, *n * each, each};
        ++*n;
        if (p->lowest <= id && id <= p->highest)
            return true;
    }
    return false;
}
