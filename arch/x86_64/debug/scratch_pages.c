/* scratch_pages.c: see scratch_pages.h. What is allocated is a short list, in no order. */
#include "scratch_pages.h"

#include <stddef.h>

#include "state.h"

#define PAGE       0x1000ull
#define BLOCKS_MAX 32

static struct block {
    uint64_t start, end;
} blocks[BLOCKS_MAX];
static size_t count;

/* The end of a block that lies in [start, end), 0: none does. */
static uint64_t taken_to(uint64_t start, uint64_t end)
{
    for (size_t i = 0; i < count; i++)
        if (blocks[i].start < end && blocks[i].end > start)
            return blocks[i].end;
    return 0;
}

/* First fit. */
uint64_t scratch_allocate(void *context, uint64_t size, bool executable)
{
    const struct debugger_range *pool = executable ? &debugger_settings.scratch_code
                                                   : &debugger_settings.scratch_data;
    uint64_t start = pool->start, taken;

    (void)context;
    if (count == BLOCKS_MAX || size > pool->end - pool->start)
        return 0;
    size = (size + PAGE - 1) & ~(PAGE - 1);
    while (size <= pool->end - start) {
        taken = taken_to(start, start + size);
        if (!taken) {
            blocks[count++] = (struct block){start, start + size};
            return start;
        }
        start = taken;
    }
    return 0;
}

bool scratch_release(void *context, uint64_t address)
{
    (void)context;
    for (size_t i = 0; i < count; i++) {
        if (blocks[i].start == address) {
            blocks[i] = blocks[--count];
            return true;
        }
    }
    return false;
}

void scratch_forget(void)
{
    count = 0;
}
