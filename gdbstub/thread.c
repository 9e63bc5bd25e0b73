/*
 * thread.c: which threads there are and which one a packet means. A target without threads has one,
 * number 1.
 */
#include "core.h"

#define ONLY_THREAD ((gdb_tid)1)
/* "p1." or ",", and up to 16 digits: room for another thread in a list. */
#define THREAD_TEXT_MAX 20

bool gdb_has_threads(const struct gdb *g)
{
    return g->target->next_thread && g->target->thread_alive;
}

/* The thread that stopped, also where the machine knows of none. */
gdb_tid gdb_thread_stopped(const struct gdb *g)
{
    return g->last_stop.thread ? g->last_stop.thread : ONLY_THREAD;
}

/* The thread that g, m, Z and so on mean: as Hg said, otherwise the one that stopped. */
gdb_tid gdb_thread_current(const struct gdb *g)
{
    bool named = g->general != GDB_TID_ANY && g->general != GDB_TID_ALL;
    return named ? g->general : gdb_thread_stopped(g);
}

bool gdb_thread_alive(const struct gdb *g, gdb_tid thread)
{
    if (thread == GDB_TID_ANY || thread == GDB_TID_ALL)
        return false;
    if (!gdb_has_threads(g))
        return thread == ONLY_THREAD;
    return g->target->thread_alive(g->context, thread);
}

/* The list of threads, in the manner of gdb_target.next_thread. */
gdb_tid gdb_thread_next(const struct gdb *g, gdb_tid after)
{
    if (!gdb_has_threads(g))
        return after == GDB_TID_ANY ? ONLY_THREAD : GDB_TID_ANY;
    return g->target->next_thread(g->context, after);
}

bool gdb_thread_info(const struct gdb *g, gdb_tid thread, struct gdb_thread_info *info)
{
    *info = (struct gdb_thread_info){NULL, NULL, -1};
    return g->target->thread_info && g->target->thread_info(g->context, thread, info);
}

/*
 * Whose register g, G, p or P means: lldb says so behind it, once that was agreed. Nobody's if
 * there is no such thread.
 */
gdb_tid rx_thread_suffix(struct gdb *g)
{
    if (!g->thread_suffix || rx_end(g))
        return gdb_thread_current(g);
    for (const char *c = ";thread:"; *c; c++)
        rx_expect(g, *c);
    gdb_tid thread = rx_thread(g);
    rx_skip(g, ';');
    return gdb_thread_alive(g, thread) ? thread : GDB_TID_NOBODY;
}

/* Hg, Hc: 0 and -1 are always there. */
enum outcome gdb_do_set_thread(struct gdb *g)
{
    bool general = rx_skip(g, 'g');
    if (!general)
        rx_expect(g, 'c');
    gdb_tid thread = rx_thread(g);
    if (!rx_done(g))
        return gdb_malformed(g);
    if (thread != GDB_TID_ANY && thread != GDB_TID_ALL && !gdb_thread_alive(g, thread))
        return gdb_fail(g, GDB_E_ARGUMENT);
    if (general)
        g->general = thread;
    else
        g->resumed = thread;
    return gdb_ok(g);
}

enum outcome gdb_do_thread_alive(struct gdb *g)
{
    gdb_tid thread = rx_thread(g);
    if (!rx_done(g))
        return gdb_malformed(g);
    return gdb_thread_alive(g, thread) ? gdb_ok(g) : gdb_fail(g, GDB_E_ARGUMENT);
}

enum outcome gdb_do_current_thread(struct gdb *g)
{
    tx_string(g, "QC");
    tx_thread(g, gdb_thread_current(g));
    return ANSWER;
}

/* As many threads as a reply holds; where it ended is remembered for the next qsThreadInfo. */
static enum outcome list_threads(struct gdb *g, gdb_tid after)
{
    gdb_tid thread = gdb_thread_next(g, after);
    if (thread == GDB_TID_ANY) {
        tx_byte(g, 'l');
        return ANSWER;
    }
    tx_byte(g, 'm');
    do {
        if (g->tx_length > 1)
            tx_byte(g, ',');
        tx_thread(g, thread);
        g->listed = thread;
    } while (tx_room(g) >= THREAD_TEXT_MAX &&
             (thread = gdb_thread_next(g, thread)) != GDB_TID_ANY);
    return ANSWER;
}

enum outcome gdb_do_first_threads(struct gdb *g)
{
    g->listed = GDB_TID_ANY;
    return list_threads(g, GDB_TID_ANY);
}

/* Without a qfThreadInfo before it, the list is at its end. */
enum outcome gdb_do_next_threads(struct gdb *g)
{
    if (g->listed == GDB_TID_ANY) {
        tx_byte(g, 'l');
        return ANSWER;
    }
    return list_threads(g, g->listed);
}

/* qThreadExtraInfo,thread: "name, state" in hex, for a client that does not read the XML list. */
enum outcome gdb_do_thread_extra(struct gdb *g)
{
    struct gdb_thread_info info;
    rx_expect(g, ',');
    gdb_tid thread = rx_thread(g);
    if (!rx_done(g))
        return gdb_malformed(g);
    if (!gdb_thread_alive(g, thread))
        return gdb_fail(g, GDB_E_ARGUMENT);
    if (!gdb_thread_info(g, thread, &info))
        return ANSWER;
    tx_hex_text(g, info.name ? info.name : "");
    if (info.name && info.state)
        tx_hex_text(g, ", ");
    tx_hex_text(g, info.state ? info.state : "");
    return ANSWER;
}

static void write_thread(struct window *w, gdb_tid thread)
{
    struct gdb_thread_info info;
    gdb_thread_info(w->g, thread, &info);
    gdb_window_print(w, "<thread id=\"%s%llx\"", w->g->multiprocess ? "p1." : "",
                     (unsigned long long)thread);
    if (info.core >= 0)
        gdb_window_print(w, " core=\"%d\"", info.core);
    if (info.name)
        gdb_window_print(w, " name=\"%s\"", info.name);
    gdb_window_print(w, ">%s</thread>", info.state ? info.state : "");
}

/*
 * Where the window before has ended, if this one is behind it: a list of thousands is not written
 * from its start for each.
 */
static gdb_tid first_in_window(struct window *w)
{
    struct gdb *g = w->g;
    if (g->window_thread && w->start > g->window_at && gdb_thread_alive(g, g->window_thread)) {
        w->position = g->window_at;
        return g->window_thread;
    }
    gdb_window_text(w, "<threads>");
    g->window_thread = GDB_TID_ANY;
    return gdb_thread_next(g, GDB_TID_ANY);
}

/* GDB manual, "Thread List Format". gdb asks at each stop that it shows: no ornaments. */
void gdb_write_threads(struct window *w)
{
    gdb_tid thread = first_in_window(w);
    while (thread != GDB_TID_ANY) {
        w->g->window_thread = thread;
        w->g->window_at = w->position;
        write_thread(w, thread);
        if (w->more)
            return;
        thread = gdb_thread_next(w->g, thread);
    }
    gdb_window_text(w, "</threads>");
}
