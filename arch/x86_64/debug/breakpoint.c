/*
 * breakpoint.c: software breakpoints in a table sorted by address.
 */
#include "breakpoint.h"

#include <string.h>

#include "safe_copy.h"

#define INT3 0xcc

static struct software_breakpoint table[DEBUGGER_BREAKPOINTS];
static size_t count;

bool breakpoint_may_wait;

/* The first index whose address is not below the given one. */
static size_t lower_bound(uint64_t address)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (table[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct software_breakpoint *breakpoint_at(uint64_t address)
{
    size_t i = lower_bound(address);

    return i < count && table[i].address == address ? &table[i] : NULL;
}

struct software_breakpoint *breakpoint_nth(size_t n)
{
    return n < count ? &table[n] : NULL;
}

/* Read back what was written: ROM and devices accept a write and keep what they had. */
static bool poke(uint64_t address, uint8_t byte)
{
    uint8_t now;

    return safe_write(address, &byte, 1) == 1 && safe_read(&now, address, 1) == 1 && now == byte;
}

static struct gdb_error try_to_plant(uint64_t address)
{
    uint8_t original;

    if (safe_read(&original, address, 1) != 1)
        return (struct gdb_error){GDB_E_MEMORY, "no memory is mapped at this address"};
    if (original == INT3)
        return GDB_OK;

    bool planted = poke(address, INT3);

    if (!poke(address, original) || !planted)
        return (struct gdb_error){GDB_E_MEMORY, "this memory does not keep what is written to it "
                                                "(ROM or a device); try hbreak"};
    return GDB_OK;
}

bool breakpoint_mapped(const struct software_breakpoint *b)
{
    uint8_t byte;

    return safe_read(&byte, b->address, 1) == 1;
}

/* Why a new one cannot be at an address. */
static struct gdb_error refusal(uint64_t address)
{
    const struct software_breakpoint candidate = {.address = address};

    if (count == DEBUGGER_BREAKPOINTS)
        return (struct gdb_error){GDB_E_ARGUMENT, "the breakpoint table is full; see monitor bp"};
    if (breakpoint_may_wait && (int64_t)address < 0 && address_canonical(address) &&
        !breakpoint_mapped(&candidate))
        return GDB_OK;
    return try_to_plant(address);
}

static struct software_breakpoint *add(uint64_t address)
{
    size_t i = lower_bound(address);

    memmove(&table[i + 1], &table[i], (count - i) * sizeof(table[0]));
    table[i] = (struct software_breakpoint){.address = address};
    count++;
    return &table[i];
}

struct gdb_error breakpoint_insert(const struct gdb_breakpoint *what)
{
    struct software_breakpoint *b = breakpoint_at(what->address);

    if (what->kind > 1)
        return (struct gdb_error){GDB_E_ARGUMENT, "a breakpoint on x86 is one byte long"};
    if (!b) {
        struct gdb_error error = refusal(what->address);

        if (error.code)
            return error;
        b = add(what->address);
    }
    b->types |= 1 << what->type;
    return GDB_OK;
}

static void drop(struct software_breakpoint *b)
{
    count--;
    memmove(b, b + 1, (size_t)(&table[count] - b) * sizeof(*b));
}

struct gdb_error breakpoint_remove(const struct gdb_breakpoint *what)
{
    struct software_breakpoint *b = breakpoint_at(what->address);

    if (!b || !(b->types >> what->type & 1))
        return (struct gdb_error){GDB_E_ARGUMENT, "no breakpoint is set at this address"};
    b->types &= ~(1 << what->type);
    if (!b->types)
        drop(b);
    return GDB_OK;
}

void breakpoint_remove_all(void)
{
    count = 0;
}

/* A page that went away since the insert leaves its breakpoint unplanted; the rest is not lost. */
static void plant(struct software_breakpoint *b)
{
    if (!b->planted && safe_read(&b->original, b->address, 1) == 1)
        b->planted = poke(b->address, INT3);
}

bool breakpoint_plant_all(bool but_one, uint64_t address)
{
    bool skipped = false;

    for (size_t i = 0; i < count; i++) {
        if (but_one && table[i].address == address)
            skipped = true;
        else
            plant(&table[i]);
    }
    return skipped;
}

void breakpoint_plant(uint64_t address)
{
    struct software_breakpoint *b = breakpoint_at(address);

    if (b)
        plant(b);
}

/* Where the debuggee has put other code over our int3, that code is what belongs there. */
static void lift(struct software_breakpoint *b)
{
    uint8_t now;

    if (b->planted && safe_read(&now, b->address, 1) == 1 && now == INT3)
        poke(b->address, b->original);
    b->planted = false;
}

void breakpoint_lift(uint64_t address)
{
    struct software_breakpoint *b = breakpoint_at(address);

    if (b)
        lift(b);
}

void breakpoint_forget(struct software_breakpoint *b)
{
    lift(b);
    drop(b);
}

void breakpoint_lift_all(void)
{
    for (size_t i = 0; i < count; i++)
        lift(&table[i]);
}

bool breakpoint_within(uint64_t address, uint64_t size)
{
    size_t i = lower_bound(address);

    return i < count && table[i].address - address < size;
}

/* A page that was replaced has taken our int3 along. */
void breakpoint_memory_changed(uint64_t address, uint64_t size)
{
    for (size_t i = lower_bound(address); i < count && table[i].address - address < size; i++) {
        uint8_t now;

        if (safe_read(&now, table[i].address, 1) == 1 && now != INT3)
            table[i].planted = false;
        plant(&table[i]);
    }
}
