/* thread_ids.c: see thread_ids.h. */
#include "thread_ids.h"

#include <string.h>

#define BITS_LOG2 12

static uint64_t seen[(1u << BITS_LOG2) / 64];

void ids_forget(void)
{
    memset(seen, 0, sizeof(seen));
}

/* By the golden ratio both numbers in a row and addresses get bits of their own (Knuth, 6.4). */
bool ids_seen(uint64_t id)
{
    uint64_t bit = id * 0x9e3779b97f4a7c15 >> (64 - BITS_LOG2);
    uint64_t mask = 1ull << bit % 64;
    bool before = seen[bit / 64] & mask;

    seen[bit / 64] |= mask;
    return before;
}
