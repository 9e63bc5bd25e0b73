/* control_command.h: monitor cr and efer. */
#ifndef TRAPLINE_CONTROL_COMMAND_H
#define TRAPLINE_CONTROL_COMMAND_H

struct gdb;

void control_cr_command(struct gdb *g, char *args);
void control_efer_command(struct gdb *g, char *args);

#endif
