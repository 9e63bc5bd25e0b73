/*
 * breakpoint.c: software breakpoints in a table sorted by address, and by whose that is.
 */
#include "breakpoint.h"

#include <string.h>

#include "displaced.h"
#include "guarded.h"
#include "page_walk.h"
#include "processor.h"
#include "safe_copy.h"
#include "space.h"

#define INT3 0xcc

static struct software_breakpoint few[DEBUGGER_BREAKPOINTS], *table = few;
static size_t count, room = DEBUGGER_BREAKPOINTS;

bool breakpoint_may_wait = true;

/* The first index that is not below an address, or there below a space. */
static size_t lower_bound(uint64_t address, uint64_t space)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct software_breakpoint *b = &table[middle];

        if (b->address < address || (b->address == address && b->space < space))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct software_breakpoint *breakpoint_at(uint64_t space, uint64_t address)
{
    struct software_breakpoint *b = &table[lower_bound(address, space)];

    return b < &table[count] && b->address == address && b->space == space ? b : NULL;
}

struct software_breakpoint *breakpoint_here(uint64_t address)
{
    return breakpoint_at(space_here(address), address);
}

struct software_breakpoint *breakpoint_nth(size_t n)
{
    return n < count ? &table[n] : NULL;
}

size_t breakpoint_first(uint64_t address)
{
    return lower_bound(address, 0);
}

struct software_breakpoint *breakpoint_all(size_t *n)
{
    *n = count;
    return table;
}

void breakpoint_use(struct software_breakpoint *memory, size_t n)
{
    if (n <= room)
        return;
    memcpy(memory, table, count * sizeof(*memory));
    table = memory;
    room = n;
}

/*
 * In the kernel's half, within breakpoint_open(), no way has to be opened for a single byte. If one
 * has to, as for a page of that half which programs see (SMAP), it is.
 */
static bool is_direct(const struct software_breakpoint *b)
{
    return b->space == SPACE_KERNEL && (int64_t)b->address < 0;
}

static bool peek(const struct software_breakpoint *b, uint8_t *byte)
{
    uint64_t value;

    if (!is_direct(b) || !guarded_load(b->address, 1, &value))
        return space_read(b->space, byte, b->address, 1) == 1;
    *byte = (uint8_t)value;
    return true;
}

static bool write_byte(const struct software_breakpoint *b, uint8_t byte)
{
    return (is_direct(b) && guarded_store(b->address, 1, byte)) ||
           space_write(b->space, b->address, &byte, 1) == 1;
}

static void restore(const struct software_breakpoint *b)
{
    if (!is_direct(b) || !guarded_store(b->address, 1, b->original))
        space_restore(b->space, b->address, b->original);
}

/* Read back what was written: ROM and devices accept a write and keep what they had. */
static bool poke(const struct software_breakpoint *b, uint8_t byte)
{
    uint8_t now;

    return write_byte(b, byte) && peek(b, &now) && now == byte;
}

/* A write for a trial might start a device, or eat an interrupt. Early on, nobody can tell. */
static bool is_uncached(const struct software_breakpoint *b)
{
    struct walked_page page;

    return debugger_settings.physical_memory &&
           page_walk(b->space == SPACE_KERNEL ? read_cr3() : b->space, b->address, &page) &&
           page.region.mapped && page.uncached;
}

static struct gdb_error try_to_plant(const struct software_breakpoint *b)
{
    uint8_t original;

    if (!peek(b, &original))
        return (struct gdb_error){GDB_E_MEMORY, "no memory is mapped at this address"};
    if (original == INT3)
        return GDB_OK;
    if (is_uncached(b))
        return (struct gdb_error){GDB_E_MEMORY, "this memory is uncached, as a device's registers "
                                                "are, and not written for a trial; try hbreak"};

    uint64_t open = breakpoint_open();
    bool planted = poke(b, INT3);
    bool lifted = poke(b, original);

    breakpoint_close(open);
    if (!lifted || !planted)
        return (struct gdb_error){GDB_E_MEMORY, "this memory does not keep what is written to it "
                                                "(ROM or a device); try hbreak"};
    return GDB_OK;
}

bool breakpoint_mapped(const struct software_breakpoint *b)
{
    uint8_t byte;

    return peek(b, &byte);
}

/* Programs' pages come when they are touched; the kernel's with a module, or on demand as well. */
static bool may_wait(const struct software_breakpoint *b)
{
    bool on_demand = breakpoint_may_wait && !(b->types >> GDB_TRACEPOINT & 1);

    return on_demand || space_is_programs(b->space);
}

/* Why a new one cannot be. One whose space is gone can: it never hits. */
static struct gdb_error refusal(struct software_breakpoint *b)
{
    const char *shared;
    bool mapped;

    if (!address_canonical(b->address))
        return (struct gdb_error){GDB_E_MEMORY, "this is not a canonical address"};
    if (count == room)
        return (struct gdb_error){GDB_E_ARGUMENT, "the breakpoint table is full; see monitor bp"};
    if (may_wait(b) && !breakpoint_mapped(b)) {
        b->waits = !space_is_programs(b->space);
        return GDB_OK;
    }
    shared = b->space != SPACE_KERNEL ? space_own(b->space, b->address, &mapped) : NULL;
    return shared ? (struct gdb_error){GDB_E_MEMORY, shared} : try_to_plant(b);
}

static struct software_breakpoint *add_row(const struct software_breakpoint *b)
{
    size_t i = lower_bound(b->address, b->space);

    memmove(&table[i + 1], &table[i], (count - i) * sizeof(table[0]));
    table[i] = *b;
    count++;
    return &table[i];
}

struct gdb_error breakpoint_insert(uint64_t space, const struct gdb_breakpoint *what)
{
    struct software_breakpoint candidate = {.address = what->address, .space = space,
                                            .types = (uint8_t)(1 << what->type)};
    struct software_breakpoint *b = breakpoint_at(space, what->address);

    if (what->kind > 1)
        return (struct gdb_error){GDB_E_ARGUMENT, "a breakpoint on x86 is one byte long"};
    if (!b) {
        struct gdb_error error = refusal(&candidate);

        if (error.code)
            return error;
        b = add_row(&candidate);
    }
    b->types |= 1 << what->type;
    displaced_prepare(b);
    return GDB_OK;
}

static void drop(struct software_breakpoint *b)
{
    count--;
    memmove(b, b + 1, (size_t)(&table[count] - b) * sizeof(*b));
}

struct gdb_error breakpoint_remove(uint64_t space, const struct gdb_breakpoint *what)
{
    struct software_breakpoint *b = breakpoint_at(space, what->address);

    if (!b || !(b->types >> what->type & 1))
        return (struct gdb_error){GDB_E_ARGUMENT, "no breakpoint is set at this address"};
    b->types &= ~(1 << what->type);
    if (!b->types)
        drop(b);
    return GDB_OK;
}

/* A page that went away since the insert leaves its breakpoint unplanted; the rest is not lost. */
void breakpoint_plant_open(struct software_breakpoint *b)
{
    if (!b->planted && peek(b, &b->original))
        b->planted = poke(b, INT3);
}

/* Where the debuggee has put other code over our int3, that code is what belongs there. */
void breakpoint_lift_open(struct software_breakpoint *b)
{
    uint8_t now;

    if (b->planted && peek(b, &now) && now == INT3)
        restore(b);
    b->planted = false;
}

static void in_the_open(void (*f)(struct software_breakpoint *b), struct software_breakpoint *b)
{
    uint64_t open = breakpoint_open();

    f(b);
    breakpoint_close(open);
}

void breakpoint_plant(struct software_breakpoint *b)
{
    in_the_open(breakpoint_plant_open, b);
}

void breakpoint_lift(struct software_breakpoint *b)
{
    in_the_open(breakpoint_lift_open, b);
}

void breakpoint_forget(struct software_breakpoint *b)
{
    breakpoint_lift(b);
    drop(b);
}
