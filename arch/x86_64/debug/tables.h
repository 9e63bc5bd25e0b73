/*
 * tables.h: a processor's descriptor tables as they are now (Intel SDM vol. 3, 3.5, 6.14 and 7.7).
 */
#ifndef TRAPLINE_TABLES_H
#define TRAPLINE_TABLES_H

#include "processor.h"
#include "state.h"

struct gdb;

struct tables {
    struct table_register idt, gdt;
    uint16_t task; /* the selector of its TSS */
};

/* A descriptor of 8 or, for the system's, 16 bytes. */
struct descriptor {
    uint64_t low, base, limit; /* the limit in bytes */
    bool system, wide;         /* wide: of 16 bytes */
};

struct gate {
    uint64_t low, target;
    uint16_t selector;
    uint8_t ist, type, dpl;
    bool present;
};
#define GATE_INTERRUPT 14
#define GATE_TRAP      15

/* The processor of the thread that the client has chosen. */
struct debugger_cpu *tables_cpu(const struct gdb *g);

/* False: that processor does not answer. */
bool tables_read(struct debugger_cpu *cpu, struct tables *out);

/* False: it lies beyond the limit, or cannot be read. */
bool tables_gate(const struct tables *t, unsigned vector, struct gate *out);
bool tables_descriptor(const struct tables *t, uint64_t offset, struct descriptor *out);

/* A 64-bit code segment's. */
bool descriptor_is_code(const struct descriptor *d);

#endif
