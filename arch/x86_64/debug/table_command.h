/* table_command.h: monitor idt, gdt and tss. */
#ifndef TRAPLINE_TABLE_COMMAND_H
#define TRAPLINE_TABLE_COMMAND_H

struct gdb;

void table_idt_command(struct gdb *g, char *args);
void table_gdt_command(struct gdb *g, char *args);
void table_tss_command(struct gdb *g, char *args);

#endif
