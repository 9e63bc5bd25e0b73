/* debugreg_stop.c: a #DB: where the client hears of a debug register, and what else it is about. */
#include "debugreg.h"

#include "gdbstub.h"
#include "hand_over.h"
#include "hits.h"
#include "processor.h"
#include "seat.h"

static enum gdb_breakpoint_type type_of(enum gdb_stop_reason reason)
{
    switch (reason) {
    case GDB_STOP_WATCH:
        return GDB_WATCH_WRITE;
    case GDB_STOP_RWATCH:
        return GDB_WATCH_READ;
    case GDB_STOP_AWATCH:
        return GDB_WATCH_ACCESS;
    default:
        return GDB_BREAK_HARDWARE;
    }
}

static uint64_t address_of(const struct gdb_stop *why, const struct trap_frame *frame)
{
    return why->reason == GDB_STOP_HWBREAK ? frame->rip : why->address;
}

/* The same #DB may be the program's own trap as well: the kernel has it when the client resumes. */
static _Noreturn void stop_at_hit(struct debugger_cpu *cpu, const struct trap_frame *frame,
                                  const struct gdb_stop *why)
{
    hand_over_owe(cpu, frame);
    seat_stop(cpu, frame, why);
}

bool debugreg_only(struct debugger_cpu *cpu, struct trap_frame *frame, bool is_step)
{
    bool stepped = cpu->system[SYSTEM_DR6] & DR6_BS;
    struct gdb_stop why;

    switch (debugreg_trapped(cpu, frame, is_step, &why)) {
    case DEBUGREG_STOP:
        if (hit_stops(cpu, frame, type_of(why.reason), address_of(&why, frame)))
            stop_at_hit(cpu, frame, &why);
        if (why.reason == GDB_STOP_HWBREAK) /* or it hits again before the instruction is done */
            frame->rflags |= RFLAGS_RF;
        return !stepped;
    case DEBUGREG_SILENT:
        if (debugreg_is_silent(cpu, frame))
            frame->rflags |= RFLAGS_RF;
        return !stepped;
    case DEBUGREG_NONE:
        break;
    }
    if (stepped)
        return false;
    if (cpu->system[SYSTEM_DR6] & DR6_HITS) /* of what was taken away on the way here: is_stale() */
        return true;
    debugger_stop(cpu, frame, GDB_SIGTRAP);
}

/*
 * DR6.BS stays set until software clears it, and a kernel that was given it for a trap of its own
 * may not have done so, nor said that it has resolved that. With a hit of a watchpoint only TF says
 * then that it is of today. With one of a breakpoint nothing does: taken for today's, it would be
 * given to the kernel again and again.
 */
bool debugreg_is_old(const struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    return cpu->bs_given && cpu->step.phase == STEP_IDLE && (cpu->system[SYSTEM_DR6] & DR6_HITS) &&
           (!(frame->rflags & RFLAGS_TF) || debugreg_executes(frame->rip));
}

/* A handler that does not clear DR6 itself is done with it, too. */
void debugreg_resolved(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    if (frame->vector != VECTOR_DEBUG || !cpu->bs_given)
        return;
    cpu->bs_given = false;
    write_dr6(DR6_CLEAR);
}
