/*
 * resume.c: who runs and how: c C s S with the thread of Hc, and vCont with a list of actions.
 */
#include "core.h"

static enum outcome resume(struct gdb *g, const struct gdb_action *actions, size_t n)
{
    if (g->interrupted)
        return HALT;
    struct gdb_error error = g->dialect == GDB_DIALECT_LLDB
                                 ? gdb_resume_lldb(g, actions, n)
                                 : g->target->resume(g->context, actions, n);
    return gdb_failed(error) ? gdb_refuse(g, error) : RUN;
}

/* Everything runs, as it does when the client leaves. */
struct gdb_error gdb_resume_all(struct gdb *g)
{
    const struct gdb_action all = {.kind = GDB_CONTINUE, .thread = GDB_TID_ALL};
    return g->target->resume(g->context, &all, 1);
}

static bool is_one(gdb_tid thread)
{
    return thread != GDB_TID_ANY && thread != GDB_TID_ALL;
}

/*
 * c C s S: a step or a signal is for one thread; all others run unless Hc named the thread, which
 * is what gdbserver makes of it.
 */
static enum outcome resume_plain(struct gdb *g, enum gdb_action_kind kind, uint8_t signal)
{
    struct gdb_action actions[2];
    size_t n = 0;
    gdb_tid thread = is_one(g->resumed) ? g->resumed : gdb_thread_stopped(g);
    if (is_one(g->resumed) && !gdb_thread_alive(g, thread))
        return gdb_fail(g, GDB_E_ARGUMENT);
    if (is_one(g->resumed) || kind == GDB_STEP || signal)
        actions[n++] = (struct gdb_action){.kind = kind, .signal = signal, .thread = thread};
    if (!is_one(g->resumed))
        actions[n++] = (struct gdb_action){.kind = GDB_CONTINUE, .thread = GDB_TID_ALL};
    return resume(g, actions, n);
}

/* The optional address, which becomes the program counter of the thread that is meant. */
static enum outcome resume_at(struct gdb *g, enum gdb_action_kind kind, uint8_t signal)
{
    if (rx_end(g))
        return resume_plain(g, kind, signal);
    uint64_t address = rx_number(g);
    if (!rx_done(g))
        return gdb_malformed(g);
    gdb_tid thread = is_one(g->resumed) ? g->resumed : gdb_thread_stopped(g);
    struct gdb_error error = gdb_write_pc(g, thread, address);
    return gdb_failed(error) ? gdb_refuse(g, error) : resume_plain(g, kind, signal);
}

static enum outcome resume_with_signal(struct gdb *g, enum gdb_action_kind kind)
{
    uint64_t signal = rx_number(g);
    if (!rx_end(g))
        rx_expect(g, ';');
    if (g->rx_bad)
        return gdb_malformed(g);
    if (signal > UINT8_MAX)
        return gdb_fail(g, GDB_E_ARGUMENT);
    return resume_at(g, kind, signal);
}

enum outcome gdb_do_continue(struct gdb *g)
{
    return resume_at(g, GDB_CONTINUE, GDB_SIGNAL_0);
}

enum outcome gdb_do_step(struct gdb *g)
{
    return resume_at(g, GDB_STEP, GDB_SIGNAL_0);
}

enum outcome gdb_do_continue_signal(struct gdb *g)
{
    return resume_with_signal(g, GDB_CONTINUE);
}

enum outcome gdb_do_step_signal(struct gdb *g)
{
    return resume_with_signal(g, GDB_STEP);
}

/* gdb wants c and C both, or does not use vCont at all. */
enum outcome gdb_do_vcont_query(struct gdb *g)
{
    tx_string(g, "vCont;c;C;s;S;t");
    if (g->target->can_range)
        tx_string(g, ";r");
    return ANSWER;
}

/* What to do: c, s, t, Csig, Ssig or rstart,end. False if there is no such signal. */
static bool rx_action_kind(struct gdb *g, struct gdb_action *action)
{
    uint64_t signal = GDB_SIGNAL_0;
    bool with_signal = rx_skip(g, 'C');
    if (with_signal || rx_skip(g, 'c')) {
        action->kind = GDB_CONTINUE;
    } else if ((with_signal = rx_skip(g, 'S')) || rx_skip(g, 's')) {
        action->kind = GDB_STEP;
    } else if (g->target->can_range && rx_skip(g, 'r')) {
        action->kind = GDB_RANGE;
        action->start = rx_number(g);
        rx_expect(g, ',');
        action->end = rx_number(g);
    } else {
        action->kind = GDB_HOLD;
        rx_expect(g, 't');
    }
    if (with_signal)
        signal = rx_number(g);
    action->signal = signal;
    return signal <= UINT8_MAX;
}

/*
 * Whose action it is: everybody's if no thread is named, the current thread's if it is 0. False if
 * there is no such thread.
 */
static bool rx_action_thread(struct gdb *g, struct gdb_action *action)
{
    action->thread = rx_skip(g, ':') ? rx_thread(g) : GDB_TID_ALL;
    if (action->thread == GDB_TID_ANY)
        action->thread = gdb_thread_current(g);
    return action->thread == GDB_TID_ALL || gdb_thread_alive(g, action->thread);
}

/* vCont;action[:thread][;action[:thread]]... At least one action has to let something run. */
enum outcome gdb_do_vcont(struct gdb *g)
{
    struct gdb_action actions[GDB_ACTIONS_MAX];
    size_t n = 0;
    bool possible = true, runs = false, packed = false;
    do {
        if (n == GDB_ACTIONS_MAX) {
            packed = true;
            if (!gdb_pack_actions(g, actions, &n))
                return gdb_fail(g, GDB_E_ARGUMENT);
        }
        rx_expect(g, ';');
        possible &= rx_action_kind(g, &actions[n]);
        possible &= rx_action_thread(g, &actions[n]);
        runs |= actions[n++].kind != GDB_HOLD;
    } while (!rx_end(g) && !g->rx_bad);
    if (g->rx_bad)
        return gdb_malformed(g);
    if (packed && n == GDB_ACTIONS_MAX && !gdb_pack_actions(g, actions, &n))
        return gdb_fail(g, GDB_E_ARGUMENT);
    if (packed)
        actions[n++] = (struct gdb_action){.kind = GDB_CONTINUE, .thread = GDB_TID_ALL};
    return possible && runs ? resume(g, actions, n) : gdb_fail(g, GDB_E_ARGUMENT);
}
