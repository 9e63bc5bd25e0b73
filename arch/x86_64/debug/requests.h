/*
 * requests.h: the Z and z packets, whoever fulfils them, and the monitor commands about them.
 */
#ifndef TRAPLINE_REQUESTS_H
#define TRAPLINE_REQUESTS_H

#include "state.h"

struct gdb;

/* Target operations; in user memory they are for one address space (space.h). */
struct gdb_error request_insert(gdb_tid thread, const struct gdb_breakpoint *what);
struct gdb_error request_remove(gdb_tid thread, const struct gdb_breakpoint *what);
void request_remove_all(void);

/* The machine is about to resume: the client hears of breakpoints that wait for memory. */
void request_tell(void);

/* Out of registers, a hardware breakpoint becomes an int3. */
extern bool request_fall_back;

/* The last that was not fulfilled, and why; or "". */
extern char request_last_refusal[240];

/* monitor bp, watch, iowatch */
void request_bp_command(struct gdb *g, char *args);
void request_watch_command(struct gdb *g, char *args);
void request_iowatch_command(struct gdb *g, char *args);

#endif
