/* trace_walk.c: see trace_walk.h. */
#include "trace_walk.h"

#include <string.h>

#include "debugreg.h"
#include "displaced.h"
#include "line.h"
#include "protect.h"
#include "seat.h"
#include "stack.h"
#include "step_aside.h"
#include "step_short.h"
#include "step_stack.h"
#include "trace_hit.h"

#define OUR_STACK 1024 /* bytes that functions called from here use at most, for an instruction */

bool trace_walk_pending(const struct debugger_cpu *cpu)
{
    const struct gdb_trace_walk *walks = cpu->step.walks;

    for (unsigned i = 0; i < STEP_WALKS; i++) {
        if (walks[i].steps)
            return true;
    }
    return false;
}

/* The place of that address, or else a free one. */
static struct gdb_trace_walk *place_for(struct step *step, uint64_t address)
{
    struct gdb_trace_walk *found = NULL;

    for (unsigned i = 0; i < STEP_WALKS; i++) {
        struct gdb_trace_walk *walk = &step->walks[i];

        if (walk->steps && walk->address == address)
            return walk;
        if (!walk->steps && !found)
            found = walk;
    }
    return found;
}

void trace_walk_begin(struct debugger_cpu *cpu, const struct gdb_trace_walk *walk)
{
    struct gdb_trace_walk *place = place_for(&cpu->step, walk->address);

    if (!place) {
        gdb_trace_abandon(&debugger_gdb, walk);
        return;
    }
    if (!trace_walk_pending(cpu)) {
        cpu->step.masked = 0;
        step_machine_prepare();
    }
    *place = *walk;
}

void trace_walk_stepped(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    if (!trace_walk_pending(cpu) || protect_is_own_code(frame->rip))
        return;
    if (frame != &cpu->frame)
        cpu->frame = *frame;
    trace_hit_step(cpu);
}

void trace_walk_moved(struct debugger_cpu *cpu)
{
    memset(cpu->step.walks, 0, sizeof(cpu->step.walks));
}

void trace_walk_drop(struct step *step)
{
    for (unsigned i = 0; i < STEP_WALKS; i++) {
        if (step->walks[i].steps)
            gdb_trace_abandon(&debugger_gdb, &step->walks[i]);
        step->walks[i].steps = 0;
    }
}

/* ---- on the way ---- */

/* The next exception is that instruction's, or a handler of the kernel's comes before it. */
static _Noreturn void leave_for_step(struct debugger_cpu *cpu)
{
    cpu->leaving = false;
    cpu->stopped = true;
    cpu->collecting = false;
    cpu->inside = false;
    cpu->exit = cpu->frame;
    if (cpu->step.phase == STEP_OPEN) {
        step_put_aside(cpu);
        if (seat_is_mine(cpu))
            seat_let_go(cpu);
    }
    debugreg_arm(cpu, &cpu->exit);
    stack_leave(&cpu->exit, &cpu->stopped);
}

/* Without a trap, if that is possible here. A breakpoint on the instruction wants one. */
static bool is_short(struct debugger_cpu *cpu, const struct trap_frame *home)
{
    struct own_stack own = {(uint64_t)__builtin_frame_address(0) - OUR_STACK, (uint64_t)&home->rip};

    if (!home || step_lets_in(cpu) || debugreg_executes(cpu->frame.rip) ||
        !step_short(cpu, own))
        return false;
    cpu->step.masked++;
    return true;
}

/* Where #DB has no stack it is given one, which is every processor's: then all others wait. */
static void step_by_trap(struct debugger_cpu *cpu)
{
    cpu->step.code = 0;
    if (step_stack_is_needed(&cpu->step, &cpu->frame))
        seat_claim(cpu, &cpu->frame);
    if (step_walk(cpu) == STEP_HARDWARE)
        leave_for_step(cpu);
    if (seat_is_mine(cpu))
        seat_let_go(cpu);
}

/* To stop in here would leave a step half done: a client who knocks is let in between two. */
_Noreturn void trace_walk_on(struct debugger_cpu *cpu, const struct trap_frame *home)
{
    cpu->step.code = 0; /* the kernel may have run since the last walk */
    while (trace_walk_pending(cpu) && !cpu->held) {
        if (cpu->client_waits)
            debugger_stop(cpu, &cpu->frame, GDB_SIGINT);
        cpu->collecting = true;
        if (!is_short(cpu, home))
            step_by_trap(cpu);
        trace_walk_stepped(cpu, &cpu->frame);
    }
    cpu->collecting = false;
    seat_leave_unseen(cpu);
}

void trace_walk_left(struct debugger_cpu *cpu, struct trap_frame *frame,
                     enum debugger_verdict verdict)
{
    if (!trace_walk_pending(cpu) || displaced_under_way(cpu))
        return;
    if (verdict == DEBUGGER_PASS) {
        step_walk_later(cpu, frame);
        return;
    }
    cpu->frame = *frame;
    trace_walk_on(cpu, frame);
}
