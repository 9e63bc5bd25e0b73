/* features_command.h: monitor features. */
#ifndef TRAPLINE_FEATURES_COMMAND_H
#define TRAPLINE_FEATURES_COMMAND_H

struct gdb;

void features_command(struct gdb *g, char *args);

#endif
