/* trace_hit.c: see trace_hit.h. */
#include "trace_hit.h"

#include "agent_view.h"
#include "breakpoint.h"
#include "gdbstub.h"
#include "line.h"
#include "processor.h"
#include "protect.h"
#include "seat.h"
#include "space.h"
#include "trace.h"
#include "trace_walk.h"

void *trace_memory(void *context, size_t *size)
{
    (void)context;
    return debugger_settings.trace_memory ? debugger_settings.trace_memory(size) : NULL;
}

struct gdb_error trace_set(void *context, gdb_tid thread, uint64_t address, bool on)
{
    const struct gdb_breakpoint trap = {.type = GDB_TRACEPOINT, .address = address};
    uint64_t space = space_meant(thread, address);
    const char *why = space_is_programs(space) ? NULL : protect_refusal(address, 1);
    struct debugger_cpu *c;

    (void)context;
    if (!on)
        return breakpoint_remove(space, &trap);
    for (unsigned n = 0; (c = debugger_cpu(n)) != NULL; n++) {
        if (c->collected_rip == address) /* not for this trace */
            c->collected_rip = 0;
    }
    return why ? (struct gdb_error){GDB_E_ARGUMENT, why} : breakpoint_insert(space, &trap);
}

uint64_t trace_microseconds(void *context)
{
    uint64_t hz = debugger_settings.tsc_hz ? *debugger_settings.tsc_hz : 0, now = read_tsc();

    (void)context;
    return hz ? now / hz * 1000000 + now % hz * 1000000 / hz : 0;
}

/* Those of a client: tracepoints outlive it. */
void breakpoint_remove_all(void)
{
    struct software_breakpoint *b;

    for (size_t n = 0; (b = breakpoint_nth(n)) != NULL;) {
        b->types &= 1 << GDB_TRACEPOINT;
        if (b->types)
            n++;
        else
            breakpoint_forget(b);
    }
}

static void ignore(void *context, const char *text, size_t n)
{
    (void)context, (void)text, (void)n;
}

/* ---- collecting ---- */

struct collection {
    struct agent_view view;
    struct gdb_agent agent;
    uint64_t cr2;
};

/* CR2, which a guarded access may spoil, belongs to the kernel's own page fault handler. */
static void begin_collection(struct collection *c, struct debugger_cpu *cpu)
{
    c->view = (struct agent_view){.cpu = cpu};
    c->agent = (struct gdb_agent){.context = &c->view,
                                  .read_register = view_register,
                                  .read_memory = view_memory,
                                  .print = ignore,
                                  .variables = &debugger_gdb.variables,
                                  .microseconds = trace_microseconds,
                                  .raw_register = view_raw_register,
                                  .copy_memory = view_copy};
    c->cr2 = read_cr2();
    cpu->collecting = true;
}

static void end_collection(const struct collection *c, struct debugger_cpu *cpu)
{
    cpu->collecting = false;
    if (read_cr2() != c->cr2)
        write_cr2(c->cr2);
}

void trace_hit(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    struct gdb_trace_walk walk;
    struct collection c;

    cpu->frame = *frame;
    begin_collection(&c, cpu);
    if (gdb_trace_hit(&debugger_gdb, &c.agent, frame->rip, &walk))
        trace_walk_begin(cpu, &walk);
    end_collection(&c, cpu);
    if (cpu->client_waits)
        debugger_stop(cpu, frame, GDB_SIGINT);
}

void trace_hit_step(struct debugger_cpu *cpu)
{
    struct collection c;

    begin_collection(&c, cpu);
    for (unsigned i = 0; i < STEP_WALKS; i++) {
        struct gdb_trace_walk *walk = &cpu->step.walks[i];

        if (walk->steps && !gdb_trace_step(&debugger_gdb, &c.agent, walk))
            walk->steps = 0;
    }
    end_collection(&c, cpu);
}
