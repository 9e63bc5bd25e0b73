/*
 * hits.c: what an agent expression sees of this processor. Everything is read with care, and CR2,
 * which a guarded access may spoil, belongs to the kernel's own page fault handler.
 */
#include "hits.h"

#include <string.h>

#include "agent.h"
#include "agent_view.h"
#include "debugreg.h"
#include "displaced.h"
#include "gdbstub.h"
#include "hit_rules.h"
#include "line.h"
#include "processor.h"
#include "seat.h"
#include "trace_hit.h"

struct view {
    struct agent_view machine;
    size_t length;
    char text[320]; /* what is to be told */
};

/* Kept until nobody else can be on the line. What is too long for that is cut. */
static void print(void *context, const char *text, size_t n)
{
    struct view *view = context;
    size_t room = sizeof(view->text) - view->length;

    n = n < room ? n : room;
    memcpy(view->text + view->length, text, n);
    view->length += n;
}

static void tell_wrong(struct view *view, const struct gdb_hit *hit)
{
    char text[160];
    size_t n = gdb_sprint(text, sizeof(text),
                          "condition or command of the breakpoint at 0x%lx: %s, at byte %zu\n",
                          hit->what.address, hit->wrong, hit->at);

    print(view, text, n);
}

/* With the seat: who is being stopped by another processor would wait for the line for ever. */
static void tell(struct view *view, const struct trap_frame *frame)
{
    if (view->length == 0)
        return;
    seat_claim(view->machine.cpu, frame);
    line_console(view->text, view->length);
}

static bool conditions_hold(struct debugger_cpu *cpu, const struct trap_frame *frame,
                            enum gdb_breakpoint_type type, uint64_t address)
{
    struct view view = {.machine.cpu = cpu};
    struct gdb_hit hit = {.what = {.type = type, .address = address}};
    const struct gdb_agent agent = {.context = &view,
                                    .read_register = view_register,
                                    .read_memory = view_memory,
                                    .print = print,
                                    .variables = &debugger_gdb.variables,
                                    .microseconds = trace_microseconds};
    uint64_t cr2 = read_cr2();

    if (!debugger_gdb.agents_used)
        return true;
    cpu->frame = *frame;

    bool stops = gdb_hit_stops(&debugger_gdb, &agent, &hit);

    if (hit.wrong)
        tell_wrong(&view, &hit);
    if (read_cr2() != cr2)
        write_cr2(cr2);
    tell(&view, frame);
    return stops;
}

bool hit_stops(struct debugger_cpu *cpu, const struct trap_frame *frame,
               enum gdb_breakpoint_type type, uint64_t address)
{
    return hit_rules_meant(cpu, address) && conditions_hold(cpu, frame, type, address) &&
           hit_rules_count(address);
}

/* For whomever it was planted: a debug register's breakpoint may be an int3 as well. */
static bool is_of_interest(struct debugger_cpu *cpu, const struct trap_frame *frame,
                           struct software_breakpoint *b)
{
    bool holds = false, meant = hit_rules_meant(cpu, b->address);

    for (unsigned type = GDB_BREAK_SOFTWARE; meant && type <= GDB_BREAK_HARDWARE; type++)
        holds |= (b->types >> type & 1) && conditions_hold(cpu, frame, type, b->address);

    bool stops = holds && hit_rules_count(b->address);

    if (!stops)
        __atomic_fetch_add(&b->passed, 1, __ATOMIC_RELAXED);
    return stops;
}

/* The way that always works: all others wait while it is taken out. */
static _Noreturn void lift_and_step(struct debugger_cpu *cpu, struct trap_frame *frame,
                                    struct software_breakpoint *b)
{
    __atomic_fetch_add(&b->lifted, 1, __ATOMIC_RELAXED);
    seat_claim_past(cpu, frame);
    step_over(cpu, frame->rip);
    seat_step_silently(cpu, frame);
}

/* A page that must not execute would not fault in a slot. */
void hit_breakpoint(struct debugger_cpu *cpu, struct trap_frame *frame,
                    struct software_breakpoint *b)
{
    bool traced = b->types >> GDB_TRACEPOINT & 1, again = cpu->collected_rip == b->address;

    frame->rip = b->address;
    cpu->collected_rip = 0;
    if (traced && !again)
        trace_hit(cpu, frame);
    if (is_of_interest(cpu, frame, b)) {
        cpu->collected_rip = traced ? b->address : 0;
        seat_stop(cpu, frame,
                  &(struct gdb_stop){.reason = b->types & 1 << GDB_BREAK_SOFTWARE
                                                   ? GDB_STOP_SWBREAK
                                                   : GDB_STOP_HWBREAK,
                                     .signal = GDB_SIGTRAP});
    }
    if (frame->vector != VECTOR_BREAKPOINT || !displaced_pass(cpu, frame, b))
        lift_and_step(cpu, frame, b);
}

/* As if the processor had made the last step, and its trap were looked at. */
_Noreturn void hit_at_step(struct debugger_cpu *cpu)
{
    struct software_breakpoint *b = breakpoint_here(cpu->frame.rip);

    cpu->frame.vector = VECTOR_DEBUG;
    if (b)
        hit_breakpoint(cpu, &cpu->frame, b);
    debugreg_only(cpu, &cpu->frame, true);
    seat_step_silently(cpu, &cpu->frame);
}

void hit_at_end(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    struct software_breakpoint *b = breakpoint_here(frame->rip);

    if (b)
        is_of_interest(cpu, frame, b);
    if (b || (frame->rflags & RFLAGS_RF) || !debugreg_executes(frame->rip))
        return;
    cpu->frame = *frame;
    cpu->frame.vector = VECTOR_DEBUG;
    debugreg_only(cpu, &cpu->frame, true);
}
