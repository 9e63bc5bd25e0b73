/*
 * modules.h: what the kernel has loaded while it runs, for clients and for people.
 */
#ifndef TRAPLINE_MODULES_H
#define TRAPLINE_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include "debugger.h"
#include "target.h"

/* The nth of those that can be read, as the kernel described it; false behind the last. */
bool module_nth_loaded(size_t n, struct debugger_module *out);

/* Its name, cut to fit; "" if it cannot be read. */
void module_copy_name(const struct debugger_module *module, char *name, size_t size);

/* Target operation: the nth that has a file. */
bool module_library(void *context, size_t n, struct gdb_library *out);

/* Target operation: where the kernel itself is. */
bool module_offsets(void *context, struct gdb_offsets *out);

/* monitor lm, monitor break-on-load */
void module_list_command(struct gdb *g, char *args);
void module_break_command(struct gdb *g, char *args);

#endif
