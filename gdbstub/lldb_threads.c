/*
 * lldb_threads.c: the threads as lldb wants them: a list in the stop reply, and all that is known
 * of each as JSON, which saves it a question a thread at every stop.
 */
#include "core.h"

static void tx_list(struct gdb *g, const char *name, bool pcs)
{
    const char *separator = "";
    tx_string(g, name);
    for (gdb_tid thread = gdb_thread_next(g, GDB_TID_ANY); thread != GDB_TID_ANY && tx_room(g);
         thread = gdb_thread_next(g, thread)) {
        tx_string(g, separator);
        tx_number(g, pcs ? gdb_read_pc(g, thread) : thread);
        separator = ",";
    }
    tx_byte(g, ';');
}

/* All threads or none: lldb takes one that is not in the list for gone, and without one it asks. */
void gdb_tx_threads(struct gdb *g)
{
    tx_string(g, "reason:");
    tx_string(g, gdb_stop_reason(g));
    tx_byte(g, ';');
    uint32_t end = g->tx_length;
    tx_list(g, "threads:", false);
    tx_list(g, "thread-pcs:", true);
    if (g->tx_overflow || tx_room(g) < sizeof "library:1;") {
        g->tx_overflow = false;
        g->tx_length = end;
    }
}

static void put_json(void *to, char c, enum gdb_origin from)
{
    if (from && (c == '"' || c == '\\'))
        tx_byte(to, '\\');
    tx_escaped(to, from && (uint8_t)c < ' ' ? '?' : c);
}

/* Braces and the like are escaped as in all binary data; quotes within arguments as in JSON. */
__attribute__((format(printf, 2, 3))) static void tx_json(struct gdb *g, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    gdb_format(put_json, g, format, &arguments);
    va_end(arguments);
}

static void tx_why(struct gdb *g)
{
    tx_json(g, ",\"reason\":\"%s\",\"signal\":%u", gdb_stop_reason(g), g->last_stop.signal);
    if (g->last_stop.reason >= GDB_STOP_WATCH)
        tx_json(g, ",\"description\":\"%llu\"", (unsigned long long)g->last_stop.address);
}

static void tx_registers(struct gdb *g, gdb_tid thread)
{
    const struct gdb_machine *machine = g->target->machine;
    const char *separator = "";
    tx_json(g, ",\"registers\":{");
    for (unsigned i = 0; i < machine->expedited_count; i++) {
        uint32_t end = g->tx_length;
        tx_json(g, "%s\"%u\":\"", separator, machine->expedited[i]);
        separator = ",";
        if (gdb_tx_value(g, thread, machine->expedited[i]))
            tx_byte(g, '"');
        else
            g->tx_length = end;
    }
    tx_json(g, "}");
}

/* More threads than fit are an error, and lldb asks for each by itself. */
enum outcome gdb_do_threads_info(struct gdb *g)
{
    struct gdb_thread_info info;
    const char *separator = "";
    tx_byte(g, '[');
    for (gdb_tid thread = gdb_thread_next(g, GDB_TID_ANY); thread != GDB_TID_ANY && tx_room(g);
         thread = gdb_thread_next(g, thread)) {
        tx_json(g, "%s{\"tid\":%llu", separator, (unsigned long long)thread);
        separator = ",";
        if (gdb_thread_info(g, thread, &info) && info.name)
            tx_json(g, ",\"name\":\"%s\"", info.name);
        if (thread == gdb_thread_stopped(g))
            tx_why(g);
        tx_registers(g, thread);
        tx_json(g, "}");
    }
    tx_byte(g, ']');
    return ANSWER;
}
