/* cpu_command.h: monitor msr, port, cpuid, unsafe: the processor that serves the client. */
#ifndef TRAPLINE_CPU_COMMAND_H
#define TRAPLINE_CPU_COMMAND_H

struct gdb;

void cpu_msr_command(struct gdb *g, char *args);
void cpu_port_command(struct gdb *g, char *args);
void cpu_cpuid_command(struct gdb *g, char *args);
void cpu_unsafe_command(struct gdb *g, char *args);

#endif
