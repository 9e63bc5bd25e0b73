/* debug_line.h: which line the debugger gets: what the command line names and the machine has. */
#ifndef KERNEL_DEBUG_LINE_H
#define KERNEL_DEBUG_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/descriptors.h"
#include "debugger.h"

/* Find gdb.port=virtio, or say that it is COM1 then. Before the console takes what is left. */
void debug_line_init(void);

/* Its transport, NULL if it is a 16550; the I/O port of that, 0 if it is none or gdb=off. */
const struct debugger_transport *debug_transport(void);
uint16_t debug_port(void);

/* For people: "com1", "a serial port", "a virtio console". */
const char *debug_line_name(void);

/* Have it interrupt, if it can: Ctrl-C need not wait for the timer. After apic_init(). */
void debug_line_enable_interrupt(void);

/* debugger_config.line_wakes */
bool debug_line_wakes(void);

/* debugger_config.packet_memory, NULL: there is no need for long packets. */
#define DEBUG_LONGEST_PACKET 0x10000
#define DEBUG_PACKET_SIZE    (2 * DEBUG_LONGEST_PACKET + 5)
void *debug_packet_memory(void);

/* The memory that the device reads and writes. */
struct descriptors_part debug_line_memory(void);

#endif
