/*
 * seat.c: whose the seat is, and who else stops, waits and goes.
 */
#include "seat.h"

#include <string.h>

#include "breakpoint.h"
#include "debugger.h"
#include "debugreg.h"
#include "doors.h"
#include "gdbstub.h"
#include "hit_rules.h"
#include "line.h"
#include "processor.h"
#include "space_memory.h"
#include "thread_list.h"
#include "wt.h"

/*
 * TSC cycles. A second or two is long for a processor; a virtual one may have to wait for the
 * host's attention. An NMI that comes at a bad time is ignored, and sent again.
 */
#define ANSWER_CYCLES (1ull << 32)
#define AGAIN_CYCLES  (1ull << 24)
#define WAKE_CYCLES   (1ull << 24)

static struct debugger_cpu *volatile owner;

#define FOR_OTHERS(c, cpu)                                                                        \
    for (struct debugger_cpu *c = debugger_cpu(0); c != debugger_cpu(0) + DEBUGGER_CPUS; c++)     \
        if (c != (cpu) && c->online)

bool seat_take(struct debugger_cpu *cpu)
{
    struct debugger_cpu *nobody = NULL;

    return owner == cpu || __atomic_compare_exchange_n(&owner, &nobody, cpu, false,
                                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

bool seat_is_mine(const struct debugger_cpu *cpu)
{
    return owner == cpu;
}

bool seat_is_free(void)
{
    return owner == NULL;
}

bool seat_has_others(void)
{
    unsigned online = 0;

    FOR_OTHERS (c, NULL)
        online++;
    return online > 1;
}

static void wake(const struct debugger_cpu *cpu)
{
    if (debugger_settings.wake)
        debugger_settings.wake(debugger_cpu_number(cpu));
}

void seat_give(struct debugger_cpu *to)
{
    __atomic_store_n(&owner, to, __ATOMIC_SEQ_CST);
    wake(to);
}

void seat_leave_free(void)
{
    __atomic_store_n(&owner, NULL, __ATOMIC_SEQ_CST);
}

/* ---- stopping the others ---- */

/* NMIs for all that run; returns how many of them are expected to answer. */
static unsigned summon(const struct debugger_cpu *cpu, bool send)
{
    unsigned expected = 0;

    FOR_OTHERS (c, cpu) {
        if (c->parked)
            continue;
        expected += !c->absent;
        if (send)
            debugger_settings.send_nmi(debugger_cpu_number(c));
    }
    return expected;
}

/*
 * Who is told to stay and says that it is parked cannot miss each other: each writes its own word
 * before it reads the other's. The line comes first: an NMI may not hit a processor that has it.
 */
void seat_round_up(struct debugger_cpu *cpu)
{
    uint64_t start = read_tsc(), sent = start;
    bool send = true;

    line_seize();
    FOR_OTHERS (c, cpu)
        __atomic_store_n(&c->held, true, __ATOMIC_SEQ_CST);
    while (debugger_settings.send_nmi && summon(cpu, send) && read_tsc() - start < ANSWER_CYCLES) {
        __asm__ volatile("pause");
        send = read_tsc() - sent >= AGAIN_CYCLES;
        if (send)
            sent = read_tsc();
    }
    FOR_OTHERS (c, cpu) {
        c->absent = !c->parked;
        c->summoned = c->absent;
    }
}

static void tell_absent(struct debugger_cpu *cpu)
{
    char text[80];
    size_t n = gdb_sprint(text, sizeof(text), "cpu%u does not answer the NMI, and runs on\n",
                          debugger_cpu_number(cpu));

    line_console(text, n);
}

/* Once: how many times it is asked in vain does not matter. */
void seat_tell_absent(void)
{
    FOR_OTHERS (c, NULL) {
        if (c->absent && !c->absence_told)
            tell_absent(c);
        c->absence_told = c->absent;
    }
}

/* ---- what each is to do ---- */

static const struct gdb_action hold = {.kind = GDB_HOLD};

static const struct gdb_action *action_for(gdb_tid thread, const struct gdb_action *actions,
                                           size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (actions[i].thread == thread || actions[i].thread == GDB_TID_ALL)
            return &actions[i];
    }
    return &hold;
}

static bool is_step(const struct gdb_action *action)
{
    return action->kind == GDB_STEP || action->kind == GDB_RANGE;
}

/* Whoever runs may switch to a thread that sleeps; nobody else can let it run, or step it. */
static bool names_sleeper(const struct gdb_action *actions, size_t n, bool to_step)
{
    for (size_t i = 0; i < n; i++) {
        if ((is_step(&actions[i]) || !to_step) && actions[i].kind != GDB_HOLD &&
            actions[i].thread != GDB_TID_ALL && !threads_cpu(actions[i].thread))
            return true;
    }
    return false;
}

/* gdb steps over a breakpoint by itself while it is taken out. */
static bool any_steps(const struct gdb_action *actions, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (is_step(&actions[i]))
            return true;
    }
    return false;
}

/* lldb names each of the threads that are to go on, those that sleep as well. */
struct gdb_error seat_resume(const struct gdb_action *actions, size_t n)
{
    bool runs = false;

    FOR_OTHERS (c, NULL)
        runs |= !c->absent && action_for(threads_on(c), actions, n)->kind != GDB_HOLD;
    if (names_sleeper(actions, n, runs))
        return (struct gdb_error){GDB_E_ARGUMENT, "this thread is on no processor now: only the "
                                                  "kernel can let it run. Continue all threads"};
    if (!runs)
        return (struct gdb_error){GDB_E_ARGUMENT, "a processor has to run that answers"};
    FOR_OTHERS (c, NULL) {
        c->action = *action_for(threads_on(c), actions, n);
        wt_resumed(c);
    }
    if (!any_steps(actions, n)) {
        space_memory_forget();
        hit_rules_settle();
        wt_all_continue(debugger_this_cpu());
    }
    return GDB_OK;
}

void seat_forget(void)
{
    FOR_OTHERS (c, NULL)
        c->queued = false;
}

struct debugger_cpu *seat_stopped(struct debugger_cpu *cpu)
{
    if (cpu->speaks_for && cpu->speaks_for->parked)
        return cpu->speaks_for;
    if (!cpu->stands_in)
        return cpu;
    FOR_OTHERS (c, cpu) {
        if (c->parked && c->action.kind != GDB_HOLD)
            return c;
    }
    return cpu;
}

/* ---- letting them go ---- */

/* A hit is of no interest if what it has hit was taken away, or the client has moved rip. */
bool seat_has_news(const struct debugger_cpu *cpu)
{
    if (!cpu->queued || cpu->frame.rip != cpu->stopped_rip || cpu->frame.rsp != cpu->stopped_rsp)
        return false;
    switch (cpu->stop.reason) {
    case GDB_STOP_HWBREAK:
        return debugreg_executes(cpu->frame.rip);
    case GDB_STOP_WATCH:
    case GDB_STOP_RWATCH:
    case GDB_STOP_AWATCH:
        return debugreg_watches(cpu->stop.address);
    default:
        return true;
    }
}

bool seat_steps(const struct debugger_cpu *cpu)
{
    return cpu->action.kind == GDB_STEP || cpu->action.kind == GDB_RANGE;
}

/* It has to do something alone before it runs with the others. */
static bool has_duty(const struct debugger_cpu *cpu)
{
    return cpu->action.kind == GDB_CONTINUE &&
           (seat_has_news(cpu) || step_is_over(cpu) || step_is_near(cpu));
}

/* A step comes first: during it all others wait, whatever they have to do. */
struct debugger_cpu *seat_next(void)
{
    struct debugger_cpu *found = NULL;

    FOR_OTHERS (c, NULL) {
        if (!c->parked && c != owner)
            continue;
        if (seat_steps(c))
            return c;
        if (!found && has_duty(c))
            found = c;
    }
    return found;
}

static void let_go(const struct debugger_cpu *cpu, bool (*stays)(const struct debugger_cpu *c))
{
    FOR_OTHERS (c, cpu) {
        if (c->action.kind == GDB_CONTINUE && !(c->parked && stays(c)))
            __atomic_store_n(&c->held, false, __ATOMIC_SEQ_CST);
    }
    seat_leave_free();
    FOR_OTHERS (c, cpu) {
        if (c->parked) /* also those that are held: from now on they may let a client in */
            wake(c);
    }
}

void seat_let_go(const struct debugger_cpu *cpu)
{
    let_go(cpu, has_duty);
}

bool seat_others_wait(const struct debugger_cpu *cpu)
{
    FOR_OTHERS (c, cpu) {
        if (c->parked && c->action.kind == GDB_CONTINUE)
            return true;
    }
    return false;
}

static bool somebody_wakes(const struct debugger_cpu *cpu)
{
    FOR_OTHERS (c, cpu) {
        if (c->parked && !c->held)
            return true;
    }
    return false;
}

void seat_see_off(const struct debugger_cpu *cpu)
{
    uint64_t start = read_tsc();

    while (somebody_wakes(cpu) && !cpu->held && read_tsc() - start < WAKE_CYCLES)
        __asm__ volatile("pause");
}

bool seat_freeze(struct debugger_cpu *cpu)
{
    if (seat_is_mine(cpu)) /* it is being stepped through */
        return false;
    cpu->spins = true;
    while (!seat_take(cpu))
        __asm__ volatile("pause");
    cpu->spins = false;
    cpu->freezes = true;
    seat_round_up(cpu);
    line_free();
    return true;
}

/*
 * There is no round of turns: who has come to the seat just then by an exception of its own, with a
 * stop to report, takes it itself.
 */
static bool nobody_stays(const struct debugger_cpu *cpu)
{
    (void)cpu;
    return false;
}

void seat_thaw(struct debugger_cpu *cpu, bool frozen)
{
    bool called = cpu->freezes && door_has_bytes();

    cpu->freezes = false;
    if (frozen)
        let_go(cpu, nobody_stays);
    if (called)
        debugger_poll();
}

/* ---- those that wait ---- */

static bool may_doze(const struct debugger_cpu *cpu)
{
    return cpu->held && owner != cpu && !cpu->call && !seat_is_due(cpu);
}

/* While nobody serves the client, the line's interrupts come in if nothing else can with them. */
static unsigned lowest_class(void)
{
    unsigned class = debugger_settings.wake_vector >> 4;
    bool line_is_next = debugger_settings.line_vector >> 4 == class - 1;

    return seat_is_free() && line_is_next ? class - 1 : class;
}

/*
 * Halted, with only the wake-up's class of interrupts let in: no interrupt of the kernel's is
 * served, and none is lost. sti takes effect behind hlt, so that none comes in between.
 */
void seat_doze(struct debugger_cpu *cpu)
{
    if (!debugger_settings.wake || !cpu->held) {
        __asm__ volatile("pause");
        return;
    }
    write_cr8(lowest_class() - 1);
    if (may_doze(cpu))
        __asm__ volatile("sti; hlt; cli" : : : "memory");
}

bool seat_call(struct debugger_cpu *cpu, debugger_call *f, void *context)
{
    uint64_t start = read_tsc();

    if (cpu == debugger_this_cpu()) {
        f(cpu, context);
        return true;
    }
    if (!cpu->parked)
        return false;
    cpu->call_context = context;
    cpu->call_done = false;
    __atomic_store_n(&cpu->call, f, __ATOMIC_SEQ_CST);
    wake(cpu);
    while (!cpu->call_done) {
        if (read_tsc() - start >= ANSWER_CYCLES && __atomic_exchange_n(&cpu->call, NULL,
                                                                       __ATOMIC_SEQ_CST))
            return false; /* not even begun */
        __asm__ volatile("pause");
    }
    return true;
}
