/*
 * trace_core.h: what the files of the tracepoints share. Definitions are rows in the front of the
 * trace memory, found by their offsets; 0 is none. They only ever grow until all are forgotten, and
 * refer to later ones only (variables and constants: to earlier ones), so that no walk is endless,
 * whatever the kernel has written there.
 */
#ifndef TRAPLINE_TRACE_CORE_H
#define TRAPLINE_TRACE_CORE_H

#include "core.h"
#include "trace.h"

struct tracepoint {
    uint64_t address;
    uint32_t next;  /* in the order in which they were defined */
    uint32_t chain; /* the next with the same hash of its address */
    uint32_t number;
    uint32_t steps;  /* "while-stepping" */
    uint32_t passes; /* after so many hits all tracing ends; 0: never */
    uint32_t hits, usage; /* how often, and how many bytes of frames */
    uint32_t hint;   /* bytes that a frame takes */
    uint32_t items, last_item;
    uint32_t enabled;
};

/* A part of a tracepoint's definition, with length bytes behind it. */
struct item {
    uint32_t next;
    uint32_t length;
    uint8_t kind; /* enum item_kind */
    uint8_t step; /* an action of while-stepping */
    uint16_t text; /* of ITEM_SOURCE: bytes of the name of its kind */
    uint32_t start, total; /* of ITEM_SOURCE: where in all of it this piece belongs */
    uint32_t unused;
};

enum item_kind {
    ITEM_REGISTERS = 1, /* a mask, the first register's bit is the lowest of the first byte */
    ITEM_MEMORY,        /* a struct memory_item */
    ITEM_EXPRESSION,    /* bytecode */
    ITEM_CONDITION,     /* bytecode */
    ITEM_SOURCE,        /* text, for who asks for it later */
};

struct memory_item {
    uint64_t base; /* a register, or ABSOLUTE */
    uint64_t offset, length;
};
#define ABSOLUTE UINT64_MAX

/* A trace state variable as it was defined, its name behind it. */
struct variable_item {
    uint32_t next;
    uint32_t number;
    uint32_t builtin;
    uint32_t length;
    uint64_t initial;
};

/* Memory that does not change, as the client says: start to end. */
struct constant_item {
    uint32_t next, unused;
    uint64_t start, end;
};

/* trace_memory.c */
bool gdb_has_trace(const struct gdb *g);
bool gdb_trace_open(struct gdb *g); /* false, with the error in the reply: there is no memory */
void *gdb_trace_new(struct gdb *g, size_t n, uint32_t *offset); /* zeroed; NULL: no room */
void *gdb_trace_at(const struct gdb_trace *t, uint32_t offset, size_t n); /* NULL: there is none */
struct tracepoint *gdb_tracepoint_at(const struct gdb_trace *t, uint32_t offset);
struct item *gdb_item_at(const struct gdb_trace *t, uint32_t offset);
uint32_t *gdb_trace_bucket(struct gdb_trace *t, uint64_t address);
struct tracepoint *gdb_tracepoint_find(const struct gdb *g, uint32_t number, uint64_t address);
bool rx_tracepoint(struct gdb *g, uint32_t *number, uint64_t *address); /* "n:address" */
struct tracepoint *rx_defined(struct gdb *g); /* all the rest; NULL, with the error in the reply */

/* trace_run.c */
enum gdb_trace_state {
    GDB_TRACE_NEVER, /* it has not begun */
    GDB_TRACE_RUNNING,
    GDB_TRACE_STOPPED, GDB_TRACE_FULL, GDB_TRACE_PASSES, GDB_TRACE_DISCONNECTED, GDB_TRACE_WRONG,
};
void gdb_trace_stop(struct gdb *g, enum gdb_trace_state why); /* with the machine stopped */
/* With the machine running: the first reason counts, and the traps stay for a while. */
void gdb_trace_end(struct gdb *g, enum gdb_trace_state why, uint32_t tracepoint);
bool gdb_trace_runs(struct gdb *g);
uint64_t gdb_trace_time(const struct gdb *g); /* in microseconds; 0: nobody knows */
const char *gdb_trace_settle(struct gdb *g, uint64_t address);

/* trace_frame.c: what a frame has of a register, and the one that is looked at of a variable. */
bool gdb_frame_value(const struct gdb *g, const struct gdb_ring_cursor *frame, unsigned regnum,
                     uint8_t *out);
bool gdb_frame_variable(const struct gdb *g, uint32_t number, uint64_t *value);

#endif
