/*
 * scratch.c: what lldb needs for a call of one of the machine's functions: memory for the code that
 * it compiles, and a place for the thread's registers meanwhile (lldb manual, "GDB Remote Protocol
 * Extensions").
 */
#include "core.h"

static enum outcome refuse(struct gdb *g, const char *text)
{
    return gdb_error(g, (struct gdb_error){GDB_E_ARGUMENT, text});
}

/* _Msize,permissions: lldb asks for rwx to see whether there is any such memory. */
static enum outcome allocate(struct gdb *g)
{
    uint64_t size = rx_number(g);
    rx_expect(g, ',');
    bool executable = false;
    while (!rx_end(g) && !g->rx_bad) {
        bool x = rx_skip(g, 'x');
        executable |= x;
        if (!x && !rx_skip(g, 'w'))
            rx_expect(g, 'r');
    }
    if (!rx_done(g))
        return gdb_malformed(g);
    uint64_t address = size ? g->target->allocate(g->context, size, executable) : 0;
    if (!address)
        return refuse(g, "there is not so much scratch memory left");
    tx_number(g, address);
    return ANSWER;
}

/* _maddress */
static enum outcome release(struct gdb *g)
{
    uint64_t address = rx_number(g);
    if (!rx_done(g))
        return gdb_malformed(g);
    if (!g->target->release(g->context, address))
        return refuse(g, "no scratch memory begins there");
    return gdb_ok(g);
}

enum outcome gdb_do_scratch(struct gdb *g)
{
    if (!g->target->allocate)
        return ANSWER;
    if (rx_skip(g, 'M'))
        return allocate(g);
    return rx_skip(g, 'm') ? release(g) : ANSWER;
}

/* ---- registers ---- */

/* The next register of a thread's own; those of the system are nobody's to put back. */
static unsigned next_own(const struct gdb *g, unsigned regnum)
{
    const struct gdb_machine *machine = g->target->machine;
    while (regnum < machine->register_count &&
           machine->features[machine->registers[regnum].feature].shared)
        regnum++;
    return regnum;
}

/* In scratch memory: of each register whether it could be read, and its value. */
struct cell {
    uint8_t there;
    uint8_t value[GDB_REGISTER_MAX];
};

static bool save(struct gdb *g, const struct gdb_saved *saved)
{
    uint64_t at = saved->address;
    size_t n = sizeof(struct cell);
    for (unsigned i = next_own(g, 0); i < g->target->machine->register_count;
         i = next_own(g, i + 1), at += n) {
        struct cell cell = {0};
        cell.there = g->target->read_register(g->context, saved->thread, i, cell.value);
        if (g->target->write_memory(g->context, saved->thread, at, &cell, n) != n)
            return false;
    }
    return true;
}

/* All are tried, as with G; the first refusal is what the client hears. */
static struct gdb_error restore(struct gdb *g, const struct gdb_saved *saved)
{
    uint64_t at = saved->address;
    size_t n = sizeof(struct cell);
    struct gdb_error first = GDB_OK;
    for (unsigned i = next_own(g, 0); i < g->target->machine->register_count;
         i = next_own(g, i + 1), at += n) {
        struct cell cell;
        if (g->target->read_memory(g->context, saved->thread, at, &cell, n) != n)
            return (struct gdb_error){GDB_E_MEMORY, "what was saved is gone"};
        if (!cell.there)
            continue;
        struct gdb_error error = gdb_write_changed(g, saved->thread, i, cell.value);
        if (!gdb_failed(first))
            first = error;
    }
    return first;
}

static struct gdb_saved *free_place(struct gdb *g)
{
    for (unsigned i = 0; i < GDB_SAVED_MAX; i++)
        if (!g->saved[i].address)
            return &g->saved[i];
    return NULL;
}

/* QSaveRegisterState[;thread:id;]: the reply is a number for them. */
enum outcome gdb_do_save_registers(struct gdb *g)
{
    size_t size = g->target->machine->register_count * sizeof(struct cell);
    struct gdb_saved *saved = free_place(g);
    gdb_tid thread;
    if (!g->target->allocate)
        return ANSWER;
    if (!rx_whose(g, &thread))
        return ANSWER;
    if (!saved)
        return refuse(g, "that many registers are saved already");
    *saved = (struct gdb_saved){g->target->allocate(g->context, size, false), thread};
    if (!saved->address)
        return refuse(g, "there is no scratch memory left");
    if (!save(g, saved)) {
        g->target->release(g->context, saved->address);
        saved->address = 0;
        return refuse(g, "the scratch memory cannot be written");
    }
    tx_number(g, saved - g->saved + 1);
    return ANSWER;
}

/* QRestoreRegisterState:number[;thread:id;]: they are put back, and the number means nothing. */
enum outcome gdb_do_restore_registers(struct gdb *g)
{
    gdb_tid thread;
    rx_expect(g, ':');
    uint64_t number = rx_number(g);
    if (!g->target->allocate)
        return ANSWER;
    if (!rx_whose(g, &thread))
        return ANSWER;
    struct gdb_saved *saved = number - 1 < GDB_SAVED_MAX ? &g->saved[number - 1] : NULL;
    if (!saved || !saved->address || saved->thread != thread)
        return refuse(g, "no registers of this thread were saved under this number");
    struct gdb_error error = restore(g, saved);
    g->target->release(g->context, saved->address);
    saved->address = 0;
    return gdb_failed(error) ? gdb_error(g, error) : gdb_ok(g);
}

/* The client is gone; target->detach() has the memory back. */
void gdb_saved_forget(struct gdb *g)
{
    memset(g->saved, 0, sizeof g->saved);
}
