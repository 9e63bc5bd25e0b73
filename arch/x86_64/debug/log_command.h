/* log_command.h: monitor log: the end of the kernel's log. */
#ifndef TRAPLINE_LOG_COMMAND_H
#define TRAPLINE_LOG_COMMAND_H

struct gdb;

/* At most so many lines, if the kernel lets its log be read. */
void log_tail(struct gdb *g, unsigned lines);

void log_command(struct gdb *g, char *args);

#endif
