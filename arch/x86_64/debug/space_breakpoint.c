/*
 * space_breakpoint.c: breakpoints when memory comes, is shared and goes while the debuggee runs.
 */
#include "breakpoint.h"

#include "debugreg.h"
#include "hit_rules.h"
#include "processor.h"
#include "safe_copy.h"
#include "seat.h"
#include "space.h"
#include "space_memory.h"

static bool is_in(const struct software_breakpoint *b, uint64_t space, uint64_t address,
                  uint64_t size)
{
    return b->space == space && b->address - address < size;
}

static bool any_within(uint64_t space, uint64_t address, uint64_t size)
{
    const struct software_breakpoint *b;

    for (size_t n = 0; (b = breakpoint_nth(n)) != NULL; n++) {
        if (is_in(b, space, address, size))
            return true;
    }
    return false;
}

/* ---- with the other processors stopped ---- */

/*
 * A page that was replaced has taken our int3 along: then what is there is not ours to restore. All
 * are lifted before one is planted: that copies a page which is shared, and its other holders keep
 * what is in there.
 */
static void memory_changed(uint64_t space, uint64_t address, uint64_t size)
{
    struct software_breakpoint *b;

    for (size_t n = 0; (b = breakpoint_nth(n)) != NULL; n++) {
        if (is_in(b, space, address, size))
            breakpoint_lift(b);
    }
    for (size_t n = 0; (b = breakpoint_nth(n)) != NULL; n++) {
        if (is_in(b, space, address, size))
            breakpoint_plant(b);
    }
}

/* It stays in the list for the client that will remove it. */
static void orphan(struct software_breakpoint *b)
{
    const struct software_breakpoint was = *b;

    breakpoint_forget(b);
    for (unsigned type = GDB_BREAK_SOFTWARE; type <= GDB_BREAK_HARDWARE; type++) {
        if (was.types >> type & 1)
            breakpoint_insert(SPACE_GONE,
                              &(struct gdb_breakpoint){.type = type, .address = was.address});
    }
}

static void space_gone(uint64_t space, uint64_t address, uint64_t size)
{
    struct software_breakpoint *b;

    (void)address, (void)size;
    for (size_t n = 0; (b = breakpoint_nth(n)) != NULL;) {
        if (b->space != space) {
            n++;
        } else {
            orphan(b);
            n = 0;
        }
    }
    debugreg_space_gone(space);
    hit_rules_gone(space, 0, UINT64_MAX);
    space_memory_gone(space);
}

/* ---- the kernel tells ---- */

static void while_frozen(void (*f)(uint64_t space, uint64_t address, uint64_t size),
                         uint64_t space, uint64_t address, uint64_t size)
{
    struct debugger_cpu *cpu = debugger_this_cpu();
    uint64_t flags = interrupts_off();
    bool frozen = seat_freeze(cpu);

    debugreg_disarm(cpu);
    f(space, address, size);
    space_settle(cpu);
    debugreg_arm(cpu, &(struct trap_frame){.vector = VECTOR_DEBUG});
    seat_thaw(cpu, frozen);
    interrupts_restore(flags);
}

static void changed(uint64_t space, uint64_t address, uint64_t size)
{
    struct debugger_cpu *cpu = debugger_this_cpu();

    if (debugger_active() && !cpu->stopped && any_within(space, address, size))
        while_frozen(memory_changed, space, address, size);
}

void debugger_memory_changed(uint64_t address, uint64_t size)
{
    changed(SPACE_KERNEL, address, size);
}

void debugger_user_memory_changed(uint64_t cr3, uint64_t address, uint64_t size)
{
    changed(space_with(cr3, address), address, size);
}

/* Taken out of the page that is shared now, they go into a copy of this space's own. */
void debugger_user_memory_shared(uint64_t cr3)
{
    changed(space_with(cr3, 0), 0, 1ull << 63);
}

/* Without a look first: the machine may stop between that and what follows from it. */
void debugger_space_gone(uint64_t cr3)
{
    if (debugger_active() && !debugger_this_cpu()->stopped &&
        (breakpoint_nth(0) || debugreg_nth(0) || space_memory_any()))
        while_frozen(space_gone, space_with(cr3, 0), 0, 0);
}
