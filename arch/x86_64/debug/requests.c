/*
 * requests.c: who fulfils a request: planted bytes or debug registers.
 */
#include "requests.h"

#include "breakpoint.h"
#include "debugreg.h"
#include "gdbstub.h"
#include "hit_rules.h"
#include "line.h"
#include "protect.h"
#include "space.h"
#include "space_memory.h"

/* Out of registers, a hardware breakpoint becomes an int3. */
bool request_fall_back = true;

char request_last_refusal[240];

/* ---- Z and z ---- */

static bool planted_for(uint64_t space, const struct gdb_breakpoint *what)
{
    const struct software_breakpoint *b = breakpoint_at(space, what->address);

    return b && (b->types >> what->type & 1);
}

static struct gdb_error insert_in(uint64_t space, const struct gdb_breakpoint *what)
{
    uint64_t length = what->kind <= DEBUGREG_BYTES ? what->kind : 1; /* too long: not for that */
    const char *protected =
        space_is_programs(space) ? NULL : protect_refusal(what->address, length);

    if (protected)
        return (struct gdb_error){GDB_E_ARGUMENT, protected};
    if (what->type == GDB_BREAK_SOFTWARE || planted_for(space, what))
        return breakpoint_insert(space, what);

    struct gdb_error error = debugreg_insert(space, what);

    if (error.code && what->type == GDB_BREAK_HARDWARE && request_fall_back &&
        !breakpoint_insert(space, what).code)
        return GDB_OK;
    return error;
}

struct gdb_error request_insert(gdb_tid thread, const struct gdb_breakpoint *what)
{
    uint64_t space;
    const char *refusal = space_memory_place(thread, what, &space);
    struct gdb_error error =
        refusal ? (struct gdb_error){GDB_E_ARGUMENT, refusal} : insert_in(space, what);

    if (error.code)
        gdb_sprint(request_last_refusal, sizeof(request_last_refusal), "Z%u,%lx,%lx: %s",
                   what->type, what->address, what->kind, error.text);
    else
        hit_rules_note(space, what->address);
    return error;
}

static struct gdb_error remove_from(uint64_t space, const struct gdb_breakpoint *what)
{
    struct gdb_error error = what->type == GDB_BREAK_SOFTWARE || planted_for(space, what)
                                 ? breakpoint_remove(space, what)
                                 : debugreg_remove(space, what);

    if (!error.code)
        space_memory_note(space, what);
    return error;
}

/* A client that removes one need not have the thread selected that it was set for. */
struct gdb_error request_remove(gdb_tid thread, const struct gdb_breakpoint *what)
{
    uint64_t space = space_meant(thread, what->address);
    struct gdb_error error = remove_from(space, what);
    uint64_t owner = error.code && space != SPACE_KERNEL ? space_memory_owner(what) : SPACE_KERNEL;

    return owner != SPACE_KERNEL ? remove_from(owner, what) : error;
}

/* gdb sets its own again at each resume: the words come once. */
void request_tell(void)
{
    struct software_breakpoint *b;
    char text[96];

    for (size_t n = 0; (b = breakpoint_nth(n)) != NULL; n++) {
        if (!b->waits)
            continue;
        b->waits = false;
        if (hit_rules_is_news(b->space, b->address))
            line_console(text, gdb_sprint(text, sizeof(text), "breakpoint at 0x%lx: pending, as "
                                          "no memory is mapped there so far\n", b->address));
    }
}

void request_remove_all(void)
{
    breakpoint_remove_all();
    debugreg_remove_all();
    space_memory_forget();
    hit_rules_forget();
    request_last_refusal[0] = '\0';
}
