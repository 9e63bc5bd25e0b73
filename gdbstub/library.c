/*
 * library.c: code that comes and goes while the machine runs, as clients call it: libraries. gdb
 * reads one list of them, lldb another (GDB manual, "Library List Format" and "Library List Format
 * for SVR4 Targets"), both when a stop reply says that it has changed.
 */
#include "core.h"

/* A stop that is only for the list: lldb goes on from it by itself if there is no signal. */
uint8_t gdb_stop_signal(const struct gdb *g)
{
    bool silent = g->last_stop.reason == GDB_STOP_LIBRARY && g->dialect == GDB_DIALECT_LLDB;

    return silent ? GDB_SIGNAL_0 : g->last_stop.signal;
}

/* False, with a slide of 0: the program runs where it was linked. */
bool gdb_offsets(const struct gdb *g, struct gdb_offsets *out)
{
    out->slide = 0;
    return g->target->offsets && g->target->offsets(g->context, out);
}

static bool nth_library(const struct gdb *g, size_t n, struct gdb_library *library)
{
    return g->target->library && g->target->library(g->context, n, library);
}

bool gdb_has_libraries(const struct gdb *g)
{
    return g->dialect == GDB_DIALECT_GDB && g->target->library;
}

/* One address is enough: gdb takes the ELF's segments to lie as they are linked. */
void gdb_write_libraries(struct window *w)
{
    struct gdb_library library;

    gdb_window_text(w, "<library-list>");
    for (size_t i = 0; nth_library(w->g, i, &library); i++)
        gdb_window_print(w, "<library name=\"%s\"><segment address=\"0x%lx\"/></library>",
                         library.file, library.address);
    gdb_window_text(w, "</library-list>");
    w->g->libraries_read = true;
}

/*
 * lldb without a file finds one in the list of libraries, which it reads because "library" is in
 * the reply to its ?. It makes the kernel, the first in it, its program, which takes all load
 * addresses away, and asks qOffsets for them. Were the kernel in the list again, they would be
 * taken away again: it is introduced once. It looks on its own host only.
 */
static bool has_file_on_host(const struct gdb *g)
{
    return gdb_has_exec_file(g) && !gdb_serves_exec_file(g);
}

bool gdb_has_svr4_libraries(const struct gdb *g)
{
    return g->dialect == GDB_DIALECT_LLDB && (has_file_on_host(g) || g->target->library);
}

bool gdb_introduces(const struct gdb *g)
{
    return gdb_has_svr4_libraries(g) && !g->introduced;
}

static void write_svr4(struct window *w, const char *file, uint64_t id, uint64_t bias)
{
    gdb_window_print(w, "<library name=\"%s\" lm=\"0x%lx\" l_addr=\"0x%lx\" l_ld=\"0x0\"/>", file,
                     id, bias);
}

void gdb_write_svr4_libraries(struct window *w)
{
    struct gdb_library library;
    struct gdb_offsets offsets;

    gdb_offsets(w->g, &offsets);
    gdb_window_text(w, "<library-list-svr4 version=\"1.0\">");
    if (!w->g->introduced && has_file_on_host(w->g))
        write_svr4(w, gdb_exec_file(w->g), 1, offsets.slide);
    for (size_t i = 0; nth_library(w->g, i, &library); i++)
        write_svr4(w, library.file, library.address, library.bias);
    gdb_window_text(w, "</library-list-svr4>");
    w->g->introduced |= !w->more;
    w->g->libraries_read = true;
}

bool gdb_wants_libraries(const struct gdb *g)
{
    return gdb_client_waits(g) && g->libraries_read;
}
