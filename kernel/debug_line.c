/* debug_line.c: see debug_line.h. */
#include "debug_line.h"

#include <stdbool.h>
#include <stddef.h>

#include "cmdline.h"
#include "cpu/apic.h"
#include "cpu/trap.h"
#include "mm/layout.h"
#include "panic.h"
#include "printk.h"
#include "uart16550.h"
#include "virtio_console.h"

/* Where a PC has its serial ports, and which ISA interrupts they share. */
static const struct {
    const char *name;
    uint16_t port;
    uint8_t irq;
} lines[] = {
    {"com1", 0x3f8, 4},
    {"com2", 0x2f8, 3},
    {"com3", 0x3e8, 4},
    {"com4", 0x2e8, 3},
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

static struct {
    _Alignas(PAGE_SIZE) uint8_t console[VIRTIO_CONSOLE_MEMORY];
    uint8_t packets[DEBUG_PACKET_SIZE];
} virtio_memory;
static bool is_virtio;

static bool is_wanted(void)
{
    return cmdline.gdb != GDB_MODE_OFF || panic_waits();
}

void debug_line_init(void)
{
    if (!cmdline.gdb_virtio || !is_wanted())
        return;

    const char *problem =
        virtio_console_init(virtio_memory.console, virtual_to_physical(&virtio_memory));

    is_virtio = problem == NULL;
    if (problem != NULL)
        printk("gdb.port=virtio: %s, using com1\n", problem);
}

const struct debugger_transport *debug_transport(void)
{
    return is_virtio ? &virtio_console : NULL;
}

uint16_t debug_port(void)
{
    return is_virtio || !is_wanted() ? 0 : cmdline.gdb_port;
}

static size_t find_line(void)
{
    size_t i = 0;

    while (i < LINES && lines[i].port != debug_port())
        i++;
    return i;
}

const char *debug_line_name(void)
{
    size_t line = find_line();

    if (is_virtio)
        return "a virtio console";
    return line < LINES ? lines[line].name : "a serial port";
}

/* No IRQ known, or none used: the timer looks at the line. */
void debug_line_enable_interrupt(void)
{
    size_t line = find_line();

    if (is_virtio && cmdline.gdb_nmi)
        printk("gdb.breakin=nmi: not with a virtio console, whose Ctrl-C the timer finds\n");
    if (line == LINES)
        return;
    if (cmdline.gdb_nmi) {
        debugger_arm(DEBUGGER_DOOR_NMI);
        apic_route_isa_nmi(lines[line].irq);
    } else {
        debugger_arm(DEBUGGER_DOOR_LINE);
        apic_route_isa(lines[line].irq, VECTOR_SERIAL);
    }
    uart16550_enable_receive_interrupt(debug_port());
}

bool debug_line_wakes(void)
{
    size_t line = find_line();

    return (cmdline.gdb_rest || cmdline.panic == PANIC_HALT) && line < LINES && !is_virtio &&
           descriptors_gate_is_sound(VECTOR_SERIAL) &&
           apic_isa_arrives(lines[line].irq, VECTOR_SERIAL);
}

void *debug_packet_memory(void)
{
    return is_virtio ? virtio_memory.packets : NULL;
}

struct descriptors_part debug_line_memory(void)
{
    return (struct descriptors_part){&virtio_memory, &virtio_memory + 1,
                                     "the memory of the debugger's line"};
}
