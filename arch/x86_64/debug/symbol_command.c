/* symbol_command.c: see symbol_command.h. */
#include "symbol_command.h"

#include "debugger.h"
#include "gdbstub.h"
#include "monitor.h"
#include "symbols.h"

void symbol_print_command(struct gdb *g, char *args)
{
    uint64_t value;

    if (!debugger_value(g, &args, &value))
        return;
    if (*args) {
        monitor_usage(g);
        return;
    }
    gdb_result(g, "{value:0x%lx}", value);
    symbol_tell(g, value, 0);
    gdb_result(g, ", {decimal:%lu}\n", value);
}
