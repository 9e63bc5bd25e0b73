/*
 * value.h: what monitor commands ask of the stopped machine: registers of the thread that the
 * client has chosen, and its memory. debugger_value() in debugger.h goes with it.
 */
#ifndef TRAPLINE_VALUE_H
#define TRAPLINE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target.h"

struct gdb;

gdb_tid value_thread(const struct gdb *g);

/* By its name in target.xml, or pc, sp, fp. False: there is none, or it is not known. */
bool value_register(gdb_tid thread, const char *name, uint64_t *value);

/* Its number in the one table. */
bool value_register_number(const char *name, unsigned *number);

/* As safe_read(), of the thread's memory. */
size_t value_read(const struct gdb *g, void *to, uint64_t address, size_t n);

#endif
