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

static bool read_value(struct gdb *g, gdb_tid thread, unsigned regnum, uint8_t *value)
{
    return g->target->read_register(g->context, thread, regnum, value);
}

static void tx_register(struct gdb *g, gdb_tid thread, unsigned regnum)
{
    uint8_t value[GDB_REGISTER_MAX];
    size_t n = width(g, regnum);
    if (read_value(g, thread, regnum, value)) {
        tx_hex(g, value, n);
        return;
    }
    for (size_t i = 0; i < 2 * n; i++)
        tx_byte(g, 'x');
}

void gdb_tx_expedited(struct gdb *g, gdb_tid thread)
{
    const struct gdb_machine *machine = g->target->machine;
    uint8_t value[GDB_REGISTER_MAX];
    for (unsigned i = 0; i < machine->expedited_count; i++) {
        unsigned regnum = machine->expedited[i];
        if (!read_value(g, thread, regnum, value))
            continue;
        tx_hex_byte(g, regnum);
        tx_byte(g, ':');
        tx_hex(g, value, width(g, regnum));
        tx_byte(g, ';');
    }
}

enum outcome gdb_do_read_all(struct gdb *g)
{
    if (!rx_end(g))
        return gdb_fail(g, GDB_E_MALFORMED);
    for (unsigned i = 0; i < g->target->machine->register_count; i++)
        tx_register(g, gdb_thread_current(g), i);
    return ANSWER;
}

/* Take n value bytes from the packet; *given is false if they are all 'x'. */
static bool rx_value(struct gdb *g, uint8_t *value, size_t n, bool *given)
{
    uint32_t start = g->rx_cursor;
    while (g->rx_cursor - start < 2 * n && rx_skip(g, 'x'))
        ;
    *given = g->rx_cursor == start;
    return *given ? rx_hex(g, value, n) : g->rx_cursor - start == 2 * n;
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
static struct gdb_error write_changed(struct gdb *g, unsigned regnum, const uint8_t *value)
{
    uint8_t now[GDB_REGISTER_MAX];
    gdb_tid thread = gdb_thread_current(g);
    size_t n = width(g, regnum);
    bool same = read_value(g, thread, regnum, now) ? memcmp(now, value, n) == 0
                                                   : is_zero(value, n);
    return same ? GDB_OK : g->target->write_register(g->context, thread, regnum, value);
}

/* Is the whole packet well formed? Nothing is written of one that is not. */
static bool is_register_file(struct gdb *g)
{
    uint8_t value[GDB_REGISTER_MAX];
    bool given;
    uint32_t start = g->rx_cursor;
    for (unsigned i = 0; i < g->target->machine->register_count; i++)
        if (!rx_value(g, value, width(g, i), &given))
            return false;
    bool complete = rx_end(g);
    g->rx_cursor = start;
    return complete;
}

/* G: all are tried; the first refusal is what the client hears. */
enum outcome gdb_do_write_all(struct gdb *g)
{
    uint8_t value[GDB_REGISTER_MAX];
    struct gdb_error first = GDB_OK;
    bool given;
    if (!g->target->write_register)
        return ANSWER;
    if (!is_register_file(g))
        return gdb_fail(g, GDB_E_MALFORMED);
    for (unsigned i = 0; i < g->target->machine->register_count; i++) {
        rx_value(g, value, width(g, i), &given);
        struct gdb_error error = given ? write_changed(g, i, value) : GDB_OK;
        if (!gdb_failed(first))
            first = error;
    }
    return gdb_failed(first) ? gdb_refuse(g, first) : gdb_ok(g);
}

enum outcome gdb_do_read_one(struct gdb *g)
{
    uint64_t regnum;
    if (!rx_number(g, &regnum) || !rx_end(g))
        return gdb_fail(g, GDB_E_MALFORMED);
    if (regnum >= g->target->machine->register_count)
        return gdb_fail(g, GDB_E_ARGUMENT);
    tx_register(g, gdb_thread_current(g), regnum);
    return ANSWER;
}

enum outcome gdb_do_write_one(struct gdb *g)
{
    uint64_t regnum;
    uint8_t value[GDB_REGISTER_MAX];
    if (!g->target->write_register)
        return ANSWER;
    if (!rx_number(g, &regnum) || !rx_skip(g, '='))
        return gdb_fail(g, GDB_E_MALFORMED);
    if (regnum >= g->target->machine->register_count)
        return gdb_fail(g, GDB_E_ARGUMENT);
    if (!rx_hex(g, value, width(g, regnum)) || !rx_end(g))
        return gdb_fail(g, GDB_E_MALFORMED);
    struct gdb_error error =
        g->target->write_register(g->context, gdb_thread_current(g), regnum, value);
    return gdb_failed(error) ? gdb_refuse(g, error) : gdb_ok(g);
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
