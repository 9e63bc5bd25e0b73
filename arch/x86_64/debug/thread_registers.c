/* thread_registers.c: see thread_registers.h. */
#include "thread_registers.h"

#include <string.h>

#include "events.h"
#include "protect.h"
#include "registers.h"
#include "safe_copy.h"
#include "seat.h"
#include "thread_list.h"

/* ---- on a processor ---- */

struct request {
    unsigned regnum;
    uint8_t *out;
    const uint8_t *in;
    bool done;
    struct gdb_error error;
};

static void read_there(struct debugger_cpu *cpu, void *context)
{
    struct request *r = context;

    r->done = register_read(cpu, r->regnum, r->out);
}

static void write_there(struct debugger_cpu *cpu, void *context)
{
    struct request *r = context;

    r->error = register_write(cpu, r->regnum, r->in);
}

/* What was saved when the processor stopped can be read, and partly written, from any other. */
static bool is_saved(unsigned regnum, bool write)
{
    uint8_t place = register_homes[regnum].place;

    return place == PLACE_FRAME || (place == PLACE_SYSTEM && !write);
}

static bool cpu_read(struct debugger_cpu *cpu, unsigned regnum, uint8_t *out)
{
    struct request r = {.regnum = regnum, .out = out};

    if (cpu->absent)
        return false;
    if (is_saved(regnum, false))
        return register_read(cpu, regnum, out);
    return seat_call(cpu, read_there, &r) && r.done;
}

/* Back to where it has stopped it may go: a client that has called a function wants that. */
static const char *rip_refusal(const struct debugger_cpu *cpu, const uint8_t *in)
{
    uint64_t rip;

    memcpy(&rip, in, sizeof(rip));
    return rip == cpu->frame.rip || rip == cpu->own_rip ? NULL : protect_refusal(rip, 1);
}

/*
 * gdb puts all registers back after a function that it has called. If the thread has slept in it
 * and goes on here, some of them are of the processor that it was on, which has them still: here
 * they are right as they are. Bases in the lower half are programs'.
 */
static bool is_another_processors(const struct debugger_cpu *cpu, unsigned regnum,
                                  const uint8_t *in)
{
    const struct register_home *home = &register_homes[regnum];
    bool table = home->rule == RULE_TABLE, base = home->rule == RULE_CANONICAL;
    const struct debugger_cpu *c;
    uint64_t value = 0;

    if (home->place != PLACE_SYSTEM || !(table || base))
        return false;
    memcpy(&value, in, home->size);
    for (unsigned n = 0; (c = debugger_cpu(n)) != NULL; n++) {
        if (c == cpu || !c->online)
            continue;
        if ((table && value == c->system[home->offset]) ||
            (base && (int64_t)value < 0 && (value == c->system[SYSTEM_GS_BASE] ||
                                            value == c->system[SYSTEM_K_GS_BASE])))
            return true;
    }
    return false;
}

static struct gdb_error cpu_write(struct debugger_cpu *cpu, unsigned regnum, const uint8_t *in)
{
    struct request r = {.regnum = regnum, .in = in,
                        .error = {GDB_E_ARGUMENT, "its processor does not answer"}};
    const char *refusal = regnum == REGNUM_RIP ? rip_refusal(cpu, in) : NULL;

    if (refusal)
        return (struct gdb_error){GDB_E_ARGUMENT, refusal};
    if (cpu->absent)
        return r.error;
    if (is_another_processors(cpu, regnum, in))
        return GDB_OK;
    if (!is_saved(regnum, true)) {
        seat_call(cpu, write_there, &r);
        return r.error;
    }
    r.error = register_write(cpu, regnum, in);
    if (regnum == REGNUM_RIP && (cpu->frame.cs & 3))
        event_sent_to(cpu->frame.rip);
    return r.error;
}

/* ---- asleep ---- */

_Static_assert(DEBUGGER_RSP == REGNUM_RSP && DEBUGGER_RIP == REGNUM_RIP, "numbered as by gdb");
_Static_assert(DEBUGGER_K_GS_BASE - DEBUGGER_FS_BASE == SYSTEM_K_GS_BASE - SYSTEM_FS_BASE, "order");

/* DEBUGGER_REGISTERS: one that no switch saves. */
static enum debugger_register debugger_register_of(unsigned regnum)
{
    const struct register_home *home = &register_homes[regnum];

    if (regnum < DEBUGGER_FS_BASE)
        return regnum;
    if (home->place == PLACE_SYSTEM && home->offset <= SYSTEM_K_GS_BASE)
        return DEBUGGER_FS_BASE + home->offset - SYSTEM_FS_BASE;
    return DEBUGGER_REGISTERS;
}

static uint64_t saved_at(const struct debugger_thread *thread, unsigned regnum)
{
    struct debugger_thread_registers registers = {0};

    regnum = debugger_register_of(regnum);
    if (regnum >= DEBUGGER_REGISTERS || !debugger_settings.thread_registers ||
        !debugger_settings.thread_registers(thread, &registers))
        return 0;
    return registers.saved_at[regnum];
}

static uint64_t later_rsp(const struct debugger_thread *thread)
{
    struct debugger_thread_registers registers = {0};

    return debugger_settings.thread_registers &&
           debugger_settings.thread_registers(thread, &registers) ? registers.rsp : 0;
}

static bool copy_out(uint64_t value, size_t size, uint8_t *out)
{
    memcpy(out, &value, size);
    return value != 0;
}

static bool sleeper_read(const struct debugger_thread *thread, unsigned regnum, uint8_t *out)
{
    size_t size = register_machine.registers[regnum].bits / 8;
    const struct register_home *home = &register_homes[regnum];
    uint64_t at = saved_at(thread, regnum);

    if (at)
        return safe_read(out, at, size) == size;
    if (regnum == REGNUM_RSP)
        return copy_out(later_rsp(thread), size, out);
    return home->place == PLACE_SYSTEM && home->offset == SYSTEM_CR3 &&
           copy_out(thread->cr3, size, out);
}

/* Two are shown all the same. */
static const char *unsaved_refusal(const struct debugger_thread *thread, unsigned regnum)
{
    uint8_t value[GDB_REGISTER_MAX];

    if (!sleeper_read(thread, regnum, value))
        return "this thread does not run, and its switch has saved no such register";
    return regnum == REGNUM_RSP
               ? "this thread does not run: rsp is where its switch will leave it, saved nowhere"
               : "this thread does not run: cr3 is what its switch will load, saved nowhere";
}

static const char *sleeper_refusal(uint64_t at, unsigned regnum, const uint8_t *in)
{
    size_t size = register_machine.registers[regnum].bits / 8;
    uint64_t from = 0, to = 0;

    if (safe_read(&from, at, size) != size)
        return "what this thread has saved cannot be read";
    memcpy(&to, in, size);
    if (from == to)
        return NULL;
    if (regnum == REGNUM_RIP && protect_refusal(to, 1))
        return protect_refusal(to, 1);
    if (protect_refusal(at, size))
        return protect_refusal(at, size);
    return register_refusal(register_homes[regnum].rule, from, to);
}

static struct gdb_error sleeper_write(const struct debugger_thread *thread, unsigned regnum,
                                      const uint8_t *in)
{
    size_t size = register_machine.registers[regnum].bits / 8;
    uint64_t at = saved_at(thread, regnum);
    const char *refusal = at ? sleeper_refusal(at, regnum, in) : unsaved_refusal(thread, regnum);

    if (!refusal && safe_write(at, in, size) != size)
        refusal = "what this thread has saved cannot be written";
    return refusal ? (struct gdb_error){GDB_E_ARGUMENT, refusal} : GDB_OK;
}

/* ---- either ---- */

bool thread_register_read(gdb_tid thread, unsigned regnum, uint8_t *out)
{
    struct debugger_cpu *cpu = threads_cpu(thread);
    const struct debugger_thread *asleep = cpu ? NULL : threads_asleep(thread);

    return cpu ? cpu_read(cpu, regnum, out) : asleep && sleeper_read(asleep, regnum, out);
}

struct gdb_error thread_register_write(gdb_tid thread, unsigned regnum, const uint8_t *in)
{
    struct debugger_cpu *cpu = threads_cpu(thread);
    const struct debugger_thread *asleep = cpu ? NULL : threads_asleep(thread);

    if (cpu)
        return cpu_write(cpu, regnum, in);
    return asleep ? sleeper_write(asleep, regnum, in)
                  : (struct gdb_error){GDB_E_ARGUMENT, "there is no such thread"};
}
