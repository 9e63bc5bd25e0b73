/*
 * agent.h: agent expressions, the bytecode in which a client hands over a breakpoint's condition or
 * a dprintf (GDB manual, appendix "The GDB Agent Expression Mechanism").
 *
 * Evaluated wherever the breakpoint is hit: it allocates nothing, uses some 700 bytes of stack, and
 * ends after GDB_AGENT_STEPS instructions at the latest.
 */
#ifndef TRAPLINE_AGENT_H
#define TRAPLINE_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target.h"

#define GDB_AGENT_STEPS     10000 /* gdb's own expressions take some ten each */
#define GDB_AGENT_STACK     48
#define GDB_AGENT_VARIABLES 32

/*
 * Trace state variables ("tvariable"): a number and a value each; one that was never set is 0. All
 * processors share them, and no step of a count is lost: an expression of which another one has
 * changed a variable between its reading and its setting it begins again.
 */
struct gdb_agent_variables {
    struct {
        uint32_t key; /* the number and 1; 0: free */
        int64_t value;
    } slots[GDB_AGENT_VARIABLES];
};

/* This one is the time, "$trace_timestamp", unless somebody has set it. */
#define GDB_AGENT_CLOCK 1

/* The value of one; to make it if there is none yet. NULL: none, or no room for it. */
int64_t *gdb_agent_variable(struct gdb_agent_variables *all, uint16_t number, bool make);

struct gdb_frame_writer;

/* What an expression sees of the machine. */
struct gdb_agent {
    void *context;
    /* A register of at most 64 bits, zero extended. False: it is not to be had. */
    bool (*read_register)(void *context, unsigned regnum, uint64_t *value);
    bool (*read_memory)(void *context, uint64_t address, void *out, size_t n);
    void (*print)(void *context, const char *text, size_t n); /* printf's output, in pieces */
    struct gdb_agent_variables *variables;
    uint64_t (*microseconds)(void *context); /* target.h's, or NULL */

    /* For tracepoints: a register of any width; and as many bytes as there are. */
    bool (*raw_register)(void *context, unsigned regnum, uint8_t *out);
    size_t (*copy_memory)(void *context, uint64_t address, void *out, size_t n);
    struct gdb_frame_writer *frame; /* what is traced goes there, or NULL */
};

/* What is wrong if memory cannot be read. */
extern const char gdb_agent_no_memory[];

/* The value of a trace state variable for who can have but copies of it. */
int64_t gdb_agent_value(const struct gdb_agent *agent, uint16_t number);

struct gdb_agent_code {
    const uint8_t *bytes;
    size_t length;
};

/*
 * Evaluate. NULL, and *value is what is on top of the stack at the end (0 if nothing is); or one
 * line that says what is wrong with the expression, and *at is the offset of the instruction.
 */
const char *gdb_agent_run(const struct gdb_agent *agent, struct gdb_agent_code code,
                          uint64_t *value, size_t *at);

/* agent_print.c: the same format with its arguments; NULL, or what is wrong with it. */
const char *gdb_agent_print(const struct gdb_agent *agent, const char *format,
                            const uint64_t *arguments, size_t n);

/* trace_collect.c: what the instructions that trace do. False: it cannot be read. */
bool gdb_agent_trace(const struct gdb_agent *agent, uint64_t address, uint64_t n);
bool gdb_agent_trace_text(const struct gdb_agent *agent, uint64_t address, uint64_t limit);
void gdb_agent_trace_variable(const struct gdb_agent *agent, uint16_t number);

struct gdb;

/* A breakpoint or watchpoint was hit. */
struct gdb_hit {
    struct gdb_breakpoint what; /* the kind does not matter */
    const char *wrong;          /* what is wrong with an expression of its, or NULL */
    size_t at;                  /* ... and where */
};

/*
 * True if the client is to hear of it; false if its conditions are false, or it is there for its
 * commands, which were run. May be called while the machine runs, on several processors at once.
 */
bool gdb_hit_stops(struct gdb *g, const struct gdb_agent *agent, struct gdb_hit *hit);

#endif
