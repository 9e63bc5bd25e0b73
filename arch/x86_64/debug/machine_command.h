/* machine_command.h: monitor commands about the debugger and the machine as a whole. */
#ifndef TRAPLINE_MACHINE_COMMAND_H
#define TRAPLINE_MACHINE_COMMAND_H

struct gdb;

void machine_version(struct gdb *g, char *args);
void machine_comm(struct gdb *g, char *args);
void machine_reset(struct gdb *g, char *args);
void machine_poweroff(struct gdb *g, char *args);

#endif
