/*
 * lldb.c: what lldb asks before it feels at home (lldb manual, "GDB Remote Protocol Extensions").
 */
#include "core.h"

/* A switch that lldb throws by naming it. Only lldb does. */
static enum outcome agree(struct gdb *g, bool *what)
{
    if (!rx_end(g))
        return gdb_malformed(g);
    g->dialect = GDB_DIALECT_LLDB;
    *what = true;
    return gdb_ok(g);
}

/* From now on g G p P end in ";thread:id;". */
enum outcome gdb_do_thread_suffix(struct gdb *g)
{
    return agree(g, &g->thread_suffix);
}

/* From now on stop replies list the threads. */
enum outcome gdb_do_threads_in_stop(struct gdb *g)
{
    return agree(g, &g->threads_in_stop);
}

/* From now on errors may have a text behind the code, in hex. */
enum outcome gdb_do_error_strings(struct gdb *g)
{
    return agree(g, &g->error_strings);
}

/* An error as lldb reads it: "E22", and ";text" if it said so. */
enum outcome gdb_refuse_lldb(struct gdb *g, struct gdb_error error)
{
    gdb_fail(g, error.code ? error.code : GDB_E_ARGUMENT);
    if (g->error_strings && error.text) {
        tx_byte(g, ';');
        tx_hex_text(g, error.text);
    }
    return ANSWER;
}

static void tx_triple(struct gdb *g)
{
    const struct gdb_machine *machine = g->target->machine;
    tx_string(g, "triple:");
    tx_hex_text(g, machine->triple);
    tx_string(g, ";endian:little;ptrsize:");
    tx_number(g, machine->registers[machine->pc].bits / 8);
    tx_byte(g, ';');
}

enum outcome gdb_do_host_info(struct gdb *g)
{
    if (g->target->machine->triple)
        tx_triple(g);
    return ANSWER;
}

enum outcome gdb_do_process_info(struct gdb *g)
{
    if (!g->target->machine->triple)
        return ANSWER;
    tx_string(g, "pid:1;");
    tx_triple(g);
    tx_string(g, "ostype:unknown;");
    return ANSWER;
}

/* The kernel runs where it is linked. gdb assumes that by itself, lldb wants to hear it. */
enum outcome gdb_do_offsets(struct gdb *g)
{
    if (g->dialect == GDB_DIALECT_LLDB)
        tx_string(g, "Text=0;Data=0;Bss=0");
    return ANSWER;
}

enum outcome gdb_do_watchpoint_support(struct gdb *g)
{
    if (!g->target->machine->watchpoints)
        return ANSWER;
    tx_string(g, "num:");
    tx_number(g, g->target->machine->watchpoints);
    tx_byte(g, ';');
    return ANSWER;
}
