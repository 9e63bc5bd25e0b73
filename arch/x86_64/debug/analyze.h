/* analyze.h: monitor analyze: why the machine has stopped, on one screen. */
#ifndef TRAPLINE_ANALYZE_H
#define TRAPLINE_ANALYZE_H

struct gdb;

void analyze_command(struct gdb *g, char *args);

#endif
