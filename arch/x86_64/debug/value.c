/* value.c: expressions about the stopped machine, for monitor commands. */
#include "value.h"

#include <string.h>

#include "debugger.h"
#include "expression.h"
#include "gdbstub.h"
#include "monitor.h"
#include "registers.h"
#include "space.h"
#include "symbols.h"
#include "thread_list.h"
#include "thread_registers.h"
#include "words.h"

gdb_tid value_thread(const struct gdb *g)
{
    return g->console_open && !g->sink && g->general && g->general != GDB_TID_ALL
               ? g->general
               : threads_on(debugger_this_cpu());
}

static bool symbol(void *context, const char *name, uint64_t *value)
{
    (void)context;
    return symbol_named(name, value);
}

/* gdb has these names for them. */
static const char *own_name(const char *name)
{
    static const char *const others[][2] = {
        {"pc", "rip"}, {"sp", "rsp"}, {"fp", "rbp"}, {"rflags", "eflags"}};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (word_is(name, others[i][0]))
            return others[i][1];
    return name;
}

bool value_register_number(const char *name, unsigned *number)
{
    name = own_name(name);
    for (unsigned i = 0; i < register_machine.register_count; i++) {
        if (register_machine.registers[i].bits > 64 ||
            !word_is(name, register_machine.registers[i].name))
            continue;
        *number = i;
        return true;
    }
    return false;
}

bool value_register(gdb_tid thread, const char *name, uint64_t *value)
{
    uint8_t bytes[GDB_REGISTER_MAX];
    unsigned number;

    if (!value_register_number(name, &number) || !thread_register_read(thread, number, bytes))
        return false;
    *value = 0;
    memcpy(value, bytes, register_machine.registers[number].bits / 8);
    return true;
}

static bool reg(void *context, const char *name, uint64_t *value)
{
    return value_register(value_thread(context), name, value);
}

size_t value_read(const struct gdb *g, void *to, uint64_t address, size_t n)
{
    return space_read(space_meant(value_thread(g), address), to, address, n);
}

static bool memory(void *context, uint64_t address, uint64_t *value)
{
    return value_read(context, value, address, sizeof(*value)) == sizeof(*value);
}

bool debugger_value(struct gdb *g, char **args, uint64_t *value)
{
    const struct expression_world world = {symbol, reg, memory, g};
    const char *text = word_next(args);
    struct expression_problem problem;

    if (expression_value(&world, text, value, &problem))
        return true;
    if (!*text)
        monitor_usage(g);
    else
        gdb_complain(g, "%s: %s\n", problem.name[0] ? problem.name : text, problem.text);
    return false;
}
