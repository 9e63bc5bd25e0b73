/* symbol_command.h: monitor print. */
#ifndef TRAPLINE_SYMBOL_COMMAND_H
#define TRAPLINE_SYMBOL_COMMAND_H

struct gdb;

void symbol_print_command(struct gdb *g, char *args);

#endif
