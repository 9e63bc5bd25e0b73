/*
 * debugreg_command.c: what the protocol has no packets for: when a watchpoint hits, and I/O ports.
 */
#include "debugreg.h"
#include "gdbstub.h"
#include "requests.h"
#include "space.h"
#include "uart16550.h"
#include "words.h"

#define PORTS 0x10000u

/* ---- monitor watch ---- */

void request_watch_command(struct gdb *g, char *args)
{
    const char *word = word_next(&args);
    const char *value = word_next(&args);

    if ((*word && !word_is(word, "changed")) || *args ||
        (*value && !word_switch(value, &debugreg_changed_only)))
        gdb_complain(g, "usage: monitor watch [changed [on|off]]\n");
    else
        gdb_print(g, "a write watchpoint hits %s\n",
                  debugreg_changed_only ? "when the value has changed" : "at each write");
}

/* ---- monitor iowatch ---- */

static const struct debugreg_request *find_port(uint64_t port)
{
    const struct debugreg_request *r;

    for (size_t i = 0; (r = debugreg_nth(i)) != NULL; i++) {
        if ((unsigned)r->what.type == DEBUGREG_PORT && r->what.address == port)
            return r;
    }
    return NULL;
}

static struct gdb_error unwatch_port(uint64_t port)
{
    const struct debugreg_request *r = find_port(port);

    if (!r)
        return (struct gdb_error){GDB_E_ARGUMENT, "this port is not watched"};

    const struct gdb_breakpoint what = r->what;

    return debugreg_remove(SPACE_KERNEL, &what);
}

static uint16_t own_ports(uint16_t *first)
{
    const struct debugger_transport *line = debugger_settings.transport;

    *first = debugger_settings.uart_port ? debugger_settings.uart_port : UART16550_COM1;
    if (!line)
        return UART16550_PORTS;
    return line->ports ? line->ports(first) : 0;
}

/* The debugger looks at its own line while the kernel runs. */
static bool is_own_line(uint64_t port, uint64_t length)
{
    uint16_t first, count = own_ports(&first);

    return count && port < (uint64_t)first + count && port + length > first;
}

static struct gdb_error watch_port(uint64_t port, uint64_t length)
{
    const struct gdb_breakpoint what = {
        .type = (enum gdb_breakpoint_type)DEBUGREG_PORT, .address = port, .kind = length};

    if (is_own_line(port, length))
        return (struct gdb_error){GDB_E_ARGUMENT, "this port is the debugger's own line"};
    return debugreg_insert(SPACE_KERNEL, &what);
}

void request_iowatch_command(struct gdb *g, char *args)
{
    const char *port_word = word_next(&args);
    const char *word = word_next(&args);
    uint64_t port, length = 0;
    bool off = word_is(word, "off");
    bool good = word_number(port_word, &port) && (off || word_number(word, &length)) && !*args;

    if (!good || (!off && length != 1 && length != 2 && length != 4)) {
        gdb_complain(g, "usage: monitor iowatch PORT 1|2|4|off\n");
        return;
    }
    if (port >= PORTS || port + length > PORTS) {
        gdb_complain(g, "port 0x%lx: the last one is 0x%x\n",
                     port >= PORTS ? port : port + length - 1, PORTS - 1);
        return;
    }

    struct gdb_error error = off ? unwatch_port(port) : watch_port(port, length);

    gdb_print(g, "port 0x%lx: %s\n", port, error.code ? error.text : off ? "off" : "watched");
}
