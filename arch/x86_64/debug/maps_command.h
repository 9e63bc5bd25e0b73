/* maps_command.h: monitor maps. */
#ifndef TRAPLINE_MAPS_COMMAND_H
#define TRAPLINE_MAPS_COMMAND_H

struct gdb;

void maps_command(struct gdb *g, char *args);

#endif
