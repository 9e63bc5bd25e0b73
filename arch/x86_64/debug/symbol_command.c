/* symbol_command.c: see symbol_command.h. */
#include "symbol_command.h"

#include "debugger.h"
#include "gdbstub.h"
#include "symbols.h"

void symbol_print_command(struct gdb *g, char *args)
{
    char text[SYMBOL_TEXT_MAX];
    struct symbol s;
    uint64_t value;

    if (!debugger_value(g, &args, &value))
        return;
    gdb_fact(g, "value", "0x%lx", value);
    if (symbol_at(value, &s)) {
        gdb_fact(g, "symbol", "%s", s.name);
        gdb_fact(g, "offset", "0x%lx", value - s.address);
        gdb_fact(g, "module", "%s", s.home);
    }
    gdb_print(g, "%s, %lu\n", symbol_text(value, text, sizeof(text)), value);
}
