/*
 * monitor.h: the commands behind gdb's "monitor".
 */
#ifndef TRAPLINE_MONITOR_H
#define TRAPLINE_MONITOR_H

struct gdb;

/* target.h's monitor: line is changed. */
void monitor_run(void *context, struct gdb *g, char *line);

/* For a command that was given too little or too much: complains, and says how it is used. */
void monitor_usage(struct gdb *g);

#endif
