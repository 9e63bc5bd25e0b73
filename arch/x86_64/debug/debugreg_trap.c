/*
 * debugreg_trap.c: when the debug registers are on, and what a #DB of theirs means. Where a
 * processor and QEMU 7.2 do not agree, what is here is right for both.
 *
 * Two errors of QEMU 7.2 cannot be helped here. An unaligned store hits every watchpoint that lies
 * before it in its page (clients see that the value is what it was). And a watched stack slot that
 * an interrupt pushes its frame over, which is one below the rsp of whoever runs, ends QEMU: a
 * watchpoint on a local variable has to go before its function returns. (The trap of a step is
 * step_watch.h's.)
 */
#include "debugreg.h"

#include <string.h>

#include "gdbstub.h"
#include "line.h"
#include "processor.h"
#include "protect.h"
#include "safe_copy.h"
#include "space.h"
#include "step_watch.h"
#include "vectors.h"

bool debugreg_changed_only;

/* A register's memory lies where the code at this frame keeps what it pushes. */
static bool is_on_stack(unsigned n, const struct trap_frame *frame)
{
    const struct debugreg_piece *piece = debugreg_piece(n);

    return piece && debugreg_is_data(&debugreg_nth(piece->request)->what) &&
           piece->address - (frame->rsp - DEBUGREG_WAY_STACK) < 2 * DEBUGREG_WAY_STACK;
}

/*
 * On the way from an exception to the debugger its own pushes go over what is watched below the rsp
 * of whoever was interrupted: a local variable whose function has returned to gdb's breakpoint.
 */
static bool is_made_on_the_way(const struct trap_frame *frame)
{
    uint64_t dr6 = read_dr6();

    if (!(dr6 & DR6_HITS) || (dr6 & DR6_BS) || !protect_holds(frame->rip))
        return false;
    for (unsigned n = 0; n < DEBUGREG_COUNT; n++) {
        if ((dr6 >> n & 1) && !is_on_stack(n, frame))
            return false;
    }
    write_dr6(DR6_CLEAR);
    return true;
}

/*
 * Under QEMU 7.2 a watchpoint that hits in a single step comes as two #DBs, the second when the
 * first one's handler is to execute its first instruction. Nobody else can set RIP there: a
 * breakpoint on the entry of the #DB handler is refused (protect.c).
 */
bool debugreg_is_echo(const struct trap_frame *frame)
{
    return frame->rip == protect_entry(VECTOR_DEBUG) || is_made_on_the_way(frame);
}

/*
 * DR6 is for software to clear; QEMU's DR6.Bn comes again at each later step until DR7 is switched
 * off and on.
 */
void debugreg_disarm(struct debugger_cpu *cpu)
{
    if (cpu->disarmed)
        return;
    write_dr7(DR7_OFF);
    cpu->disarmed = true;
    cpu->system[SYSTEM_DR6] = read_dr6();
    write_dr6(DR6_CLEAR);
    if (cpu->watches_ports)
        write_cr4(read_cr4() & ~CR4_DE);
    cpu->watches_ports = false;
}

/* Without CR4.DE a register that watches ports is undefined (Intel SDM vol. 3, 17.2.4). */
static void load(struct debugger_cpu *cpu)
{
    if (debugreg_watches_ports() && !(read_cr4() & CR4_DE)) {
        write_cr4(read_cr4() | CR4_DE);
        cpu->watches_ports = true;
    }
    write_dr0(cpu->system[SYSTEM_DR0]);
    write_dr1(cpu->system[SYSTEM_DR1]);
    write_dr2(cpu->system[SYSTEM_DR2]);
    write_dr3(cpu->system[SYSTEM_DR3]);
    write_dr7(step_watch_is_off(&cpu->step) ? debugreg_without_data(cpu->system[SYSTEM_DR7])
                                             : cpu->system[SYSTEM_DR7]);
}

bool debugreg_executes(uint64_t address)
{
    const struct debugreg_piece *piece;

    for (unsigned n = 0; (piece = debugreg_piece(n)) != NULL; n++) {
        if (debugreg_nth(piece->request)->what.type == GDB_BREAK_HARDWARE &&
            piece->address == address)
            return true;
    }
    return false;
}

static bool is_foreign(uint64_t address)
{
    const struct debugreg_request *request;
    bool foreign = false;

    for (size_t i = 0; (request = debugreg_nth(i)) != NULL; i++) {
        if (request->what.type != GDB_BREAK_HARDWARE || request->what.address != address)
            continue;
        if (request->space == space_here(address))
            return false;
        foreign = true;
    }
    return foreign;
}

bool debugreg_watches(uint64_t address)
{
    const struct debugreg_request *request;

    for (size_t i = 0; (request = debugreg_nth(i)) != NULL; i++) {
        if (request->what.type != GDB_BREAK_HARDWARE && request->what.address == address)
            return true;
    }
    return false;
}

/*
 * Faults have rip at an instruction that has begun: its breakpoint has had its chance. A processor
 * pushes RF set for a fault, QEMU 7.2 does not. An NMI may have come on the way into a debug trap,
 * which then still has to learn from DR6 what it is about, however many steps are made before. A
 * step on a borrowed stack has room for one trap only: step_stack.h.
 */
void debugreg_arm(struct debugger_cpu *cpu, struct trap_frame *frame)
{
    if (!cpu->disarmed)
        return;
    if (vector_is_fault(frame->vector) && debugreg_executes(frame->rip))
        frame->rflags |= RFLAGS_RF;
    if (frame->vector == VECTOR_NMI)
        cpu->unread_dr6 = cpu->system[SYSTEM_DR6] & (DR6_BS | DR6_HITS);
    write_dr6(DR6_CLEAR | cpu->unread_dr6);
    cpu->disarmed = false;
    if (cpu->system[SYSTEM_DR7] != DR7_OFF && !cpu->step.borrowed)
        load(cpu);
}

void debugreg_read(struct debugger_cpu *cpu, bool is_step)
{
    if (is_step)
        cpu->system[SYSTEM_DR6] &= ~(cpu->unread_dr6 & DR6_HITS);
    else
        cpu->unread_dr6 = 0;
}

/* ---- values ---- */

/* Note a watchpoint's memory; true if it was not what it was noted to be. */
static bool note(struct debugreg_request *request)
{
    uint8_t now[DEBUGREG_BYTES] = {0};

    space_read(request->space, now, request->what.address, request->what.kind);

    bool changed = memcmp(now, request->before, sizeof(now)) != 0;

    memcpy(request->before, now, sizeof(now));
    return changed;
}

unsigned debugreg_changed(uint64_t from)
{
    const struct debugreg_piece *piece;
    unsigned changed = 0;

    for (unsigned n = 0; (piece = debugreg_piece(n)) != NULL; n++) {
        const struct debugreg_request *request = debugreg_nth(piece->request);
        uint8_t now[sizeof(uint64_t)];

        if (debugreg_is_data(&request->what) && piece->address >= from &&
            space_read(request->space, now, piece->address, piece->size) == piece->size &&
            memcmp(now, request->before + (piece->address - request->what.address), piece->size))
            changed |= 1u << n;
    }
    return changed;
}

void debugreg_note(void)
{
    struct debugreg_request *request;

    for (size_t i = 0; (request = debugreg_nth(i)) != NULL; i++) {
        if (debugreg_is_data(&request->what))
            note(request);
    }
}

/*
 * RF lets the instruction pass that the machine has stopped at: its breakpoint was reported. One
 * that the client has moved to (jump, or a call of a function with a breakpoint on it) is to hit.
 */
void debugreg_pass(struct debugger_cpu *cpu)
{
    struct trap_frame *frame = &cpu->frame;

    if (frame->rip != cpu->stopped_rip || frame->rsp != cpu->stopped_rsp)
        frame->rflags &= ~(uint64_t)RFLAGS_RF;
    else if (cpu->reported && debugreg_executes(frame->rip))
        frame->rflags |= RFLAGS_RF;
    cpu->passed_rip = frame->rflags & RFLAGS_RF ? frame->rip : 0;
    cpu->passed_rcx = frame->rcx;
}

/* ---- hits ---- */

/*
 * A processor may set Bn for a register that is off or, for an instruction breakpoint, when rip is
 * elsewhere. QEMU tells a step onto a breakpoint as one #DB. A processor tells BS first, and the
 * breakpoint when the handler of that has returned (Intel SDM vol. 3, 6.9 and 17.3.1.1): so does
 * the debugger where the step is the program's own, and QEMU comes again as well.
 */
static bool piece_hit(unsigned n, const struct trap_frame *frame, uint64_t dr6, bool is_step)
{
    const struct debugreg_piece *piece = debugreg_piece(n);

    if (debugreg_nth(piece->request)->what.type != GDB_BREAK_HARDWARE)
        return dr6 >> n & 1;
    return piece->address == frame->rip && (dr6 & DR6_BS ? is_step : dr6 >> n & 1);
}

/*
 * F2 or F3, and a string instruction: 6c to 6f and a4 to af. Those that the prefix makes another
 * one of, or gives a hint, as in popcnt and pause, have other upper halves.
 */
static bool is_rep(uint64_t rip)
{
    uint8_t bytes[3];

    if (safe_read(bytes, rip, sizeof(bytes)) != sizeof(bytes) || (bytes[0] & 0xfe) != 0xf2)
        return false;
    return (bytes[(bytes[1] & 0xf0) == 0x40 ? 2 : 1] & 0x30) == 0x20;
}

/* RF is to last for all of a rep instruction. In QEMU 7.2 it lasts for one iteration. */
static bool repeats(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    if (!frame->rcx || frame->rip != cpu->passed_rip || frame->rcx != cpu->passed_rcx - 1 ||
        !is_rep(frame->rip))
        return false;
    cpu->passed_rcx = frame->rcx;
    return true;
}

bool debugreg_is_silent(const struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    return (frame->rip == cpu->passed_rip && frame->rcx == cpu->passed_rcx) ||
           is_foreign(frame->rip);
}

/*
 * Other programs have the same addresses. The registers cannot tell a read from a write: a read
 * watchpoint takes a changed value for a
 * write. What is written without a change is reported as a read.
 */
static bool wanted(struct debugger_cpu *cpu, struct debugreg_request *request,
                   const struct trap_frame *frame)
{
    if (request->space != SPACE_KERNEL && request->space != space_here(request->what.address))
        return false;
    switch ((unsigned)request->what.type) {
    case GDB_BREAK_HARDWARE:
        return !repeats(cpu, frame);
    case GDB_WATCH_WRITE:
        return note(request) || !debugreg_changed_only;
    case GDB_WATCH_READ:
        return !note(request);
    default:
        return true;
    }
}

/* The protocol has no word for it. */
static void tell_port(struct debugger_cpu *cpu)
{
    char text[80];
    size_t n = gdb_sprint(text, sizeof(text), "iowatch: port 0x%lx accessed, rip 0x%lx\n",
                          cpu->stop.address, cpu->frame.rip);

    line_console(text, n);
}

static void fill(struct gdb_stop *stop, const struct gdb_breakpoint *what)
{
    static const uint8_t reasons[] = {
        [GDB_BREAK_HARDWARE] = GDB_STOP_HWBREAK, [GDB_WATCH_WRITE] = GDB_STOP_WATCH,
        [GDB_WATCH_READ] = GDB_STOP_RWATCH,      [GDB_WATCH_ACCESS] = GDB_STOP_AWATCH,
        [DEBUGREG_PORT] = GDB_STOP_SIGNAL,
    };

    *stop = (struct gdb_stop){
        .reason = reasons[what->type], .signal = GDB_SIGTRAP, .address = what->address};
}

/* A watchpoint is reported rather than the breakpoint behind it: that one has not been passed. */
static bool outranks(const struct gdb_breakpoint *a, const struct gdb_breakpoint *b)
{
    return !b || (a->type != GDB_BREAK_HARDWARE && b->type == GDB_BREAK_HARDWARE);
}

static enum debugreg_verdict trapped(struct debugger_cpu *cpu, const struct trap_frame *frame,
                                     bool is_step, struct gdb_stop *stop)
{
    uint64_t dr6 = cpu->system[SYSTEM_DR6];
    const struct gdb_breakpoint *best = NULL;
    unsigned hit = 0; /* requests, one bit each */
    struct debugreg_request *request;

    for (unsigned n = 0; debugreg_piece(n); n++)
        hit |= (unsigned)piece_hit(n, frame, dr6, is_step) << debugreg_piece(n)->request;
    for (size_t i = 0; (request = debugreg_nth(i)) != NULL; i++) {
        if (!(hit >> i & 1) || !wanted(cpu, request, frame))
            continue;
        request->hits++;
        if (outranks(&request->what, best))
            best = &request->what;
    }
    if (!best)
        return hit ? DEBUGREG_SILENT : DEBUGREG_NONE;
    fill(stop, best);
    if (best->type == DEBUGREG_PORT)
        cpu->tell = tell_port;
    return DEBUGREG_STOP;
}

/* What is noted of a request is everybody's, and two processors may hit it at the same time. */
enum debugreg_verdict debugreg_trapped(struct debugger_cpu *cpu, const struct trap_frame *frame,
                                       bool is_step, struct gdb_stop *stop)
{
    static volatile bool busy;

    while (__atomic_test_and_set(&busy, __ATOMIC_ACQUIRE))
        __asm__ volatile("pause");

    enum debugreg_verdict verdict = trapped(cpu, frame, is_step, stop);

    __atomic_clear(&busy, __ATOMIC_RELEASE);
    return verdict;
}
