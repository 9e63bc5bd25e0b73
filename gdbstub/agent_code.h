/* agent_code.h: an agent expression under way. Private to agent.c and agent_state.c. */
#ifndef TRAPLINE_AGENT_CODE_H
#define TRAPLINE_AGENT_CODE_H

#include "agent.h"

struct run {
    const struct gdb_agent *agent;
    const uint8_t *code;
    size_t length, pc;
    size_t depth;
    uint8_t opcode;
    uint64_t operand;
    bool ended;
    const char *wrong;
    uint32_t seen; /* the variable that was read last, its key; 0: none */
    int64_t was;   /* ... and what it was */
    bool effects;   /* it must not begin again */
    unsigned steps; /* since it began, or began again */
    unsigned again; /* how often it has */
    uint64_t stack[GDB_AGENT_STACK];
};

typedef void instruction(struct run *r);

static inline void push(struct run *r, uint64_t value)
{
    r->stack[r->depth++] = value;
}

static inline uint64_t pop(struct run *r)
{
    return r->stack[--r->depth];
}

/* agent_state.c */
instruction gdb_agent_getv, gdb_agent_setv;
instruction gdb_agent_trace_popped, gdb_agent_trace_quick, gdb_agent_tracenz, gdb_agent_tracev;

#endif
