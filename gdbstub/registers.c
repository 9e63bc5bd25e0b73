/*
 * registers.c: g G p P and the registers of a stop reply, all from the one table of the target.
 *
 * Values travel as the bytes lie in memory, two hex digits each; a register that is not to be had
 * is sent as that many 'x'.
 */
#include "core.h"

static size_t width(const struct gdb *g, unsigned regnum)
{
    return g->target->machine->registers[regnum].bits / 8;
}

/* False, and nothing is written, if the register is not to be had. */
bool gdb_tx_value(struct gdb *g, gdb_tid thread, unsigned regnum)
{
    uint8_t value[GDB_REGISTER_MAX];
    if (!gdb_read_register(g, thread, regnum, value))
        return false;
    tx_hex(g, value, width(g, regnum));
    return true;
}

static void tx_register(struct gdb *g, gdb_tid thread, unsigned regnum)
{
    if (gdb_tx_value(g, thread, regnum))
        return;
    for (size_t i = 0; i < 2 * width(g, regnum); i++)
        tx_byte(g, 'x');
}

/*
 * Where it is, every client wants to know. The others are for who unwinds, and that takes the
 * target description: to anybody else they would be a third of a step's time on the line.
 */
void gdb_tx_expedited(struct gdb *g, gdb_tid thread)
{
    const struct gdb_machine *machine = g->target->machine;
    uint8_t value[GDB_REGISTER_MAX];
    bool plain = !g->described && g->dialect == GDB_DIALECT_GDB;
    unsigned count =
        gdb_stop_is_step(g) ? machine->expedited_at_step : machine->expedited_count;
    for (unsigned i = 0; i < count; i++) {
        unsigned regnum = machine->expedited[i];
        if ((plain && regnum != machine->pc) || !gdb_read_register(g, thread, regnum, value))
            continue;
        tx_hex_byte(g, regnum);
        tx_byte(g, ':');
        tx_hex(g, value, width(g, regnum));
        tx_byte(g, ';');
    }
}

/* The end of g G p P and the like: whose register. False, with the error in the reply: nobody's. */
bool rx_whose(struct gdb *g, gdb_tid *thread)
{
    *thread = rx_thread_suffix(g);
    if (!rx_done(g))
        gdb_malformed(g);
    else if (*thread == GDB_TID_NOBODY)
        gdb_fail(g, GDB_E_ARGUMENT);
    else
        return true;
    return false;
}

enum outcome gdb_do_read_all(struct gdb *g)
{
    gdb_tid thread;
    if (!rx_whose(g, &thread))
        return ANSWER;
    for (unsigned i = 0; i < g->target->machine->register_count; i++)
        tx_register(g, thread, i);
    return ANSWER;
}

/* Take n value bytes from the packet; false if they are 'x', which is no value. */
static bool rx_value(struct gdb *g, uint8_t *value, size_t n)
{
    if (!rx_skip(g, 'x')) {
        rx_hex(g, value, n);
        return true;
    }
    for (size_t i = 1; i < 2 * n; i++)
        rx_expect(g, 'x');
    return false;
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
    while (n && bytes[n - 1] == 0)
        n--;
    return n == 0;
}

/*
 * Write one register of a G packet. It carries all of them, most as they were read: what does not
 * change is not written, so that a read-only register refuses only a real change. For a register
 * that could not be read gdb sends zeros.
 */
struct gdb_error gdb_write_changed(struct gdb *g, gdb_tid thread, unsigned regnum,
                                   const uint8_t *value)
{
    uint8_t now[GDB_REGISTER_MAX];
    size_t n = width(g, regnum);
    bool same = gdb_read_register(g, thread, regnum, now) ? memcmp(now, value, n) == 0
                                                   : is_zero(value, n);
    return same ? GDB_OK : g->target->write_register(g->context, thread, regnum, value);
}

/* Go through the registers of a G packet, and write a thread's or, for nobody, only look. */
static struct gdb_error take_all(struct gdb *g, gdb_tid thread)
{
    uint8_t value[GDB_REGISTER_MAX];
    struct gdb_error first = GDB_OK;
    for (unsigned i = 0; i < g->target->machine->register_count; i++) {
        if (!rx_value(g, value, width(g, i)) || thread == GDB_TID_NOBODY)
            continue;
        struct gdb_error error = gdb_write_changed(g, thread, i, value);
        if (!gdb_failed(first))
            first = error;
    }
    return first;
}

/*
 * G: nothing is written of a packet that is not well formed to its end. Otherwise every register is
 * tried, and the first refusal is what the client hears.
 */
enum outcome gdb_do_write_all(struct gdb *g)
{
    uint32_t start = g->rx_cursor;
    gdb_tid thread;
    if (!g->target->write_register)
        return ANSWER;
    take_all(g, GDB_TID_NOBODY);
    if (!rx_whose(g, &thread))
        return ANSWER;
    g->rx_cursor = start;
    return gdb_done(g, take_all(g, thread));
}

enum outcome gdb_do_read_one(struct gdb *g)
{
    gdb_tid thread;
    uint64_t regnum = rx_number(g);
    if (!rx_whose(g, &thread))
        return ANSWER;
    if (regnum >= g->target->machine->register_count)
        return gdb_fail(g, GDB_E_ARGUMENT);
    if (g->dialect == GDB_DIALECT_GDB)
        tx_register(g, thread, regnum);
    else if (!gdb_tx_value(g, thread, regnum))
        gdb_fail(g, GDB_E_ARGUMENT); /* lldb takes x digits for a value */
    return ANSWER;
}

enum outcome gdb_do_write_one(struct gdb *g)
{
    uint8_t value[GDB_REGISTER_MAX];
    gdb_tid thread;
    if (!g->target->write_register)
        return ANSWER;
    uint64_t regnum = rx_number(g);
    rx_expect(g, '=');
    if (g->rx_bad)
        return gdb_malformed(g);
    if (regnum >= g->target->machine->register_count)
        return gdb_fail(g, GDB_E_ARGUMENT);
    rx_hex(g, value, width(g, regnum));
    if (!rx_whose(g, &thread))
        return ANSWER;
    return gdb_done(g, g->target->write_register(g->context, thread, regnum, value));
}

/* 0 if it is not to be had. */
uint64_t gdb_read_pc(const struct gdb *g, gdb_tid thread)
{
    uint8_t value[GDB_REGISTER_MAX] = {0};
    uint64_t address = 0;
    unsigned pc = g->target->machine->pc;
    if (g->target->read_register(g->context, thread, pc, value))
        for (unsigned i = 0; i < sizeof address && i < width(g, pc); i++)
            address |= (uint64_t)value[i] << 8 * i;
    return address;
}

/* The address of "c addr": into the program counter, little endian like every register. */
struct gdb_error gdb_write_pc(struct gdb *g, gdb_tid thread, uint64_t address)
{
    uint8_t value[GDB_REGISTER_MAX] = {0};
    unsigned pc = g->target->machine->pc;
    if (!g->target->write_register)
        return (struct gdb_error){GDB_E_ARGUMENT, "the program counter cannot be written"};
    for (unsigned i = 0; i < sizeof address && i < width(g, pc); i++)
        value[i] = address >> 8 * i;
    return g->target->write_register(g->context, thread, pc, value);
}
