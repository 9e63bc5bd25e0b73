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

/*
 * While lldb calls a function, or steps over a call, it continues that thread alone, and takes an
 * error for the end of the session. Where one cannot run without the others, as it waits for one
 * of them, all do.
 */
struct gdb_error gdb_resume_lldb(struct gdb *g, const struct gdb_action *actions, size_t n)
{
    struct gdb_error error = g->target->resume(g->context, actions, n);
    bool steps = false;
    for (size_t i = 0; i < n; i++)
        steps |= actions[i].kind == GDB_STEP || actions[i].kind == GDB_RANGE;
    return gdb_failed(error) && !steps ? gdb_resume_all(g) : error;
}

/*
 * To hand a signal to one thread lldb names all others as well, and there may be hundreds. Where
 * the actions find no room those that just continue are left out: in the end that is what everybody
 * does who has none. False: there is no room all the same.
 */
bool gdb_pack_actions(struct gdb *g, struct gdb_action *actions, size_t *n)
{
    size_t kept = 0;
    for (size_t i = 0; g->dialect == GDB_DIALECT_LLDB && i < *n; i++)
        if (actions[i].kind != GDB_CONTINUE || actions[i].signal)
            actions[kept++] = actions[i];
    if (g->dialect == GDB_DIALECT_LLDB)
        *n = kept;
    return *n < GDB_ACTIONS_MAX;
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

/*
 * qOffsets. gdb takes the address of the first segment, and moves all sections with it; offsets
 * would move .text, .data and .bss only. lldb takes offsets, and wants to hear of 0 as well.
 */
enum outcome gdb_do_offsets(struct gdb *g)
{
    struct gdb_offsets offsets;
    bool moved = gdb_offsets(g, &offsets);

    if (g->dialect == GDB_DIALECT_GDB) {
        if (moved) {
            tx_string(g, "TextSeg=");
            tx_number(g, offsets.first_segment);
        }
        return ANSWER;
    }
    tx_string(g, "Text=");
    tx_number(g, offsets.slide);
    tx_string(g, ";Data=");
    tx_number(g, offsets.slide);
    tx_string(g, ";Bss=");
    tx_number(g, offsets.slide);
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
