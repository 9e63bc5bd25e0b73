/* monitor_table.h: the table behind monitor.h. */
#ifndef TRAPLINE_MONITOR_TABLE_H
#define TRAPLINE_MONITOR_TABLE_H

#include "debugger.h"

/* The nth command; NULL behind the last. */
const struct debugger_command *monitor_nth(size_t n);

/* monitor help */
void monitor_help(struct gdb *g, char *args);

#endif
