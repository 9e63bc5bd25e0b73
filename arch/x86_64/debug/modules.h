/*
 * modules.h: what the kernel has loaded while it runs, for clients and for people.
 */
#ifndef TRAPLINE_MODULES_H
#define TRAPLINE_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include "target.h"

/* Target operation: the nth that has a file. */
bool module_library(void *context, size_t n, struct gdb_library *out);

/* Target operation: where the kernel itself is. */
bool module_offsets(void *context, struct gdb_offsets *out);

/* monitor lm, monitor break-on-load */
void module_list_command(struct gdb *g, char *args);
void module_break_command(struct gdb *g, char *args);

#endif
