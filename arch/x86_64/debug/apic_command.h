/* apic_command.h: monitor apic, ioapic and irq: how interrupts come in. */
#ifndef TRAPLINE_APIC_COMMAND_H
#define TRAPLINE_APIC_COMMAND_H

struct gdb;

void apic_command(struct gdb *g, char *args);
void apic_io_command(struct gdb *g, char *args);
void apic_irq_command(struct gdb *g, char *args);

#endif
