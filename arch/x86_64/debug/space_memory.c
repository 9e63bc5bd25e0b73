/* space_memory.c: see space_memory.h. */
#include "space_memory.h"

#include <stddef.h>

#include "breakpoint.h"
#include "debugreg.h"
#include "space.h"

static struct {
    uint64_t space;
    struct gdb_breakpoint what;
} notes[DEBUGGER_BREAKPOINTS + DEBUGREG_COUNT];
static size_t count;

void space_memory_note(uint64_t space, const struct gdb_breakpoint *what)
{
    uint64_t before;

    if (space == SPACE_KERNEL)
        return;
    space_memory_recall(what, &before);
    if (count == sizeof(notes) / sizeof(notes[0]))
        return;
    notes[count].space = space;
    notes[count++].what = *what;
}

bool space_memory_recall(const struct gdb_breakpoint *what, uint64_t *space)
{
    for (size_t i = 0; i < count; i++) {
        if (notes[i].what.type != what->type || notes[i].what.address != what->address ||
            notes[i].what.kind != what->kind)
            continue;
        *space = notes[i].space;
        notes[i] = notes[--count];
        return true;
    }
    return false;
}

uint64_t space_memory_owner(const struct gdb_breakpoint *what)
{
    const struct software_breakpoint *b;

    for (size_t n = 0; (b = breakpoint_nth(n)) != NULL; n++) {
        if (b->address == what->address && (b->types >> what->type & 1))
            return b->space;
    }
    return debugreg_owner(what);
}

/* One that was there before its process ended may be put back, so that a client can go on. */
const char *space_memory_place(gdb_tid thread, const struct gdb_breakpoint *what, uint64_t *space)
{
    if (space_memory_recall(what, space))
        return NULL;
    *space = space_meant(thread, what->address);
    if (*space != SPACE_GONE || space_memory_owner(what) == SPACE_GONE)
        return NULL;
    return "the process that was chosen has ended; choose another, or say monitor process off";
}

void space_memory_forget(void)
{
    count = 0;
}

bool space_memory_any(void)
{
    return count > 0;
}

void space_memory_gone(uint64_t space)
{
    for (size_t i = 0; i < count; i++) {
        if (notes[i].space == space)
            notes[i].space = SPACE_GONE;
    }
}
