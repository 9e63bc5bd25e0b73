/*
 * agent_state.c: instructions of agent expressions that leave something behind: trace state
 * variables, and what tracepoints collect.
 */
#include "agent_code.h"

#define AGAIN_MAX 100000
#define WAIT_MAX  256

/* ---- variables ---- */

/* A slot is taken once and never given back, so who finds it may keep it. */
int64_t *gdb_agent_variable(struct gdb_agent_variables *all, uint16_t number, bool make)
{
    for (unsigned i = 0; all && i < GDB_AGENT_VARIABLES; i++) {
        uint32_t key = __atomic_load_n(&all->slots[i].key, __ATOMIC_ACQUIRE);
        if (key == 0 && make &&
            __atomic_compare_exchange_n(&all->slots[i].key, &key, number + 1u, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            key = number + 1u;
        if (key == number + 1u)
            return &all->slots[i].value;
    }
    return NULL;
}

int64_t gdb_agent_value(const struct gdb_agent *agent, uint16_t number)
{
    const int64_t *value = gdb_agent_variable(agent->variables, number, false);
    if (!value && number == GDB_AGENT_CLOCK && agent->microseconds)
        return agent->microseconds(agent->context);
    return value ? __atomic_load_n(value, __ATOMIC_RELAXED) : 0;
}

void gdb_agent_getv(struct run *r)
{
    r->seen = r->operand + 1;
    r->was = gdb_agent_value(r->agent, r->operand);
    push(r, r->was);
}

/*
 * Another processor was faster. Two that keep time can go on like that for thousands of turns, of
 * which always the same one wins: a wait that is longer each time puts them out of step.
 */
static void begin_again(struct run *r)
{
    r->pc = r->depth = 0;
    r->seen = 0;
    r->steps = 0;
    if (++r->again == AGAIN_MAX)
        r->wrong = "another processor sets the trace state variable all the time";
    for (volatile unsigned i = 0; i < r->again % WAIT_MAX; i++)
        ;
}

/* What is set stays on the stack. */
void gdb_agent_setv(struct run *r)
{
    int64_t *value = gdb_agent_variable(r->agent->variables, r->operand, true);
    int64_t new = r->stack[r->depth - 1], was = r->was;
    if (!value) {
        r->wrong = "no room for another trace state variable";
    } else if (r->effects || r->seen != r->operand + 1) {
        __atomic_store_n(value, new, __ATOMIC_RELAXED);
    } else if (!__atomic_compare_exchange_n(value, &was, new, false, __ATOMIC_RELAXED,
                                            __ATOMIC_RELAXED)) {
        begin_again(r);
        return;
    }
    r->effects = true;
}

/* ---- what is traced ---- */

static bool can_trace(struct run *r)
{
    r->effects = true;
    if (!r->agent->frame)
        r->wrong = "an instruction of tracepoints";
    return !r->wrong;
}

/* trace_quick and trace16 leave the address on the stack. */
void gdb_agent_trace_quick(struct run *r)
{
    if (can_trace(r) && !gdb_agent_trace(r->agent, r->stack[r->depth - 1], r->operand))
        r->wrong = gdb_agent_no_memory;
}

void gdb_agent_trace_popped(struct run *r)
{
    uint64_t n = pop(r), address = pop(r);
    if (can_trace(r) && !gdb_agent_trace(r->agent, address, n))
        r->wrong = gdb_agent_no_memory;
}

void gdb_agent_tracenz(struct run *r)
{
    uint64_t limit = pop(r), address = pop(r);
    if (can_trace(r) && !gdb_agent_trace_text(r->agent, address, limit))
        r->wrong = gdb_agent_no_memory;
}

void gdb_agent_tracev(struct run *r)
{
    if (can_trace(r))
        gdb_agent_trace_variable(r->agent, r->operand);
}
