/*
 * selftest.h: faults of the debugger's own, on request.
 */
#ifndef TRAPLINE_SELFTEST_H
#define TRAPLINE_SELFTEST_H

struct gdb;

/* monitor selftest */
void selftest_command(struct gdb *g, char *args);

#endif
