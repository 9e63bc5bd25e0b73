/*
 * apic_registers.h: the registers of the local APIC and of an I/O APIC (Intel SDM vol. 3, 10.4 to
 * 10.12; 82093AA data sheet). Read with care, and without a trace.
 */
#ifndef TRAPLINE_APIC_REGISTERS_H
#define TRAPLINE_APIC_REGISTERS_H

#include "state.h"

/* By their offset / 16, which is their number as MSRs of x2APIC. */
enum {
    APIC_ID = 0x02,
    APIC_VERSION = 0x03,
    APIC_TASK_PRIORITY = 0x08,
    APIC_PRIORITY = 0x0a,
    APIC_SPURIOUS = 0x0f,
    APIC_IN_SERVICE = 0x10, /* eight of each: a bit for each vector */
    APIC_LEVEL = 0x18,
    APIC_REQUESTED = 0x20,
    APIC_ERROR = 0x28,
    APIC_LVT_TIMER = 0x32,
    APIC_LVT_LAST = 0x37,
    APIC_INITIAL = 0x38,
    APIC_CURRENT = 0x39,
    APIC_DIVIDE = 0x3e,
    APIC_REGISTERS = 0x40,
};

#define APIC_BASE_BOOT   (1ull << 8)
#define APIC_BASE_X2APIC (1ull << 10)
#define APIC_BASE_ENABLE (1ull << 11)

struct local_apic {
    uint64_t base; /* IA32_APIC_BASE */
    bool readable; /* at[] is what it says */
    uint32_t at[APIC_REGISTERS];
};

/* A processor's; false: it does not answer. */
bool apic_read(struct debugger_cpu *cpu, struct local_apic *out);

#define IO_APIC_FIRST   0xfec00000ull /* where a PC has its first one */
#define IO_APIC_ID      0x00
#define IO_APIC_VERSION 0x01
#define IO_APIC_PIN     0x10 /* two for each pin */

/* A register of the I/O APIC at a physical address. False: nobody has mapped it. */
bool apic_io_read(uint64_t physical, uint32_t index, uint32_t *value);

/* A pin's entry; false behind the last. */
bool apic_io_pin(uint64_t physical, unsigned pin, uint64_t *entry);

/* Fields that entries of both kinds have. */
#define APIC_VECTOR(entry)   ((unsigned)(entry) & 0xff)
#define APIC_DELIVERY(entry) ((unsigned)((entry) >> 8) & 7)
#define APIC_PENDING         (1u << 12)
#define APIC_LOW             (1u << 13)
#define APIC_REMOTE          (1u << 14)
#define APIC_BY_LEVEL        (1u << 15)
#define APIC_MASKED          (1u << 16)
#define DELIVERY_FIXED       0
#define DELIVERY_LOWEST      1

const char *apic_delivery(uint64_t entry);

#endif
