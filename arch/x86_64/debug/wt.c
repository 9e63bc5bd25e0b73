/* wt.c: see wt.h. The steps of a trace, and how it ends. */
#include "wt.h"

#include <string.h>

#include "line.h"
#include "processor.h"
#include "registers.h"
#include "safe_copy.h"
#include "step_aside.h"
#include "symbols.h"
#include "thread_list.h"
#include "value.h"
#include "words.h"
#include "wt_state.h"

#define STACK_JUMP  512  /* bytes by which no frame grows: rsp may be another thread's */
#define LINES_SHOWN 2000 /* by itself */

struct wt wt;

/* ---- the machine runs ---- */

void wt_resumed(struct debugger_cpu *cpu)
{
    cpu->traced = wt.phase == WT_ARMED && threads_on(cpu) == wt.thread &&
                  cpu->action.kind != GDB_HOLD;
    if (!cpu->traced || cpu->action.kind != GDB_CONTINUE)
        return;
    cpu->action.kind = GDB_RANGE;
    cpu->action.start = 0;
    cpu->action.end = UINT64_MAX;
    wt.phase = WT_RUNNING;
}

/* The processor that serves lends its step: whichever it wakes up on takes that from there. */
void wt_all_continue(struct debugger_cpu *cpu)
{
    struct step step = cpu->step;
    struct gdb_action action = cpu->action;

    if (wt.phase != WT_ARMED || !threads_asleep(wt.thread))
        return;
    cpu->step = (struct step){.mode = STEP_RANGE, .end = UINT64_MAX, .traced = true};
    cpu->action = (struct gdb_action){.kind = GDB_RANGE, .end = UINT64_MAX};
    wt.away = step_aside_sleep(cpu, wt.thread);
    if (wt.away)
        wt.phase = WT_RUNNING;
    cpu->step = step;
    cpu->action = action;
}

void wt_begun(struct debugger_cpu *cpu)
{
    wt.rip = cpu->frame.rip;
    wt.rsp = cpu->frame.rsp;
    wt.since = read_tsc();
}

bool wt_passes(uint64_t rip)
{
    return rip == wt.begin;
}

static enum step_verdict ended(const char *why)
{
    wt.ended = why;
    return STEP_DONE;
}

/* ---- other threads ---- */

static bool is_far(uint64_t rsp, uint64_t from)
{
    return rsp - from + STACK_JUMP > 2 * STACK_JUMP;
}

/* The processor has switched to another thread's stack, but for the traced one's all may be. */
static bool is_switched(const struct debugger_cpu *cpu)
{
    threads_changed();
    return threads_on(cpu) != wt.thread;
}

static enum step_verdict leave(struct debugger_cpu *cpu)
{
    if (!step_aside_sleep(cpu, wt.thread))
        return ended("its thread sleeps, and cannot be followed: where its flags are is not known");
    wt.away = true;
    wt.away_times++;
    wt.cycles += read_tsc() - wt.since;
    return STEP_LEAVE;
}

static enum step_verdict come_back(void)
{
    wt.away = false;
    wt.since = read_tsc();
    return STEP_ON;
}

/* ---- calls and returns ---- */

/* What has no symbol is known by where it was entered. */
static uint64_t function_at(uint64_t rip)
{
    uint64_t function = wt_code_function(rip);

    return function ? function : rip;
}

static void take_call(const struct trap_frame *frame, uint64_t slot, uint64_t back)
{
    wt.calls++;
    call_tree_call(&wt.tree, function_at(frame->rip), slot, back);
}

static uint64_t word_at(uint64_t address)
{
    uint64_t word = 0;

    step_machine.read_memory(step_machine.context, address, &word, sizeof(word));
    return word;
}

/* What gcc has moved out of a function is no other one. */
static bool is_cold(uint64_t function)
{
    struct symbol s;
    size_t n = symbol_at(function, &s) ? strlen(s.name) : 0;

    return n > 5 && memcmp(s.name + n - 5, ".cold", 5) == 0;
}

/*
 * To the beginning of another function, which returns for this one. Where there are no symbols
 * nothing tells the beginning of one: all of that is what it was entered by.
 */
static void take_jump(uint64_t rip)
{
    uint64_t from = call_tree_function(&wt.tree), to = wt_code_function(rip);

    if (to ? to == rip && to != from && !is_cold(to) : wt_code_function(from) != 0)
        call_tree_become(&wt.tree, rip);
}

static enum step_verdict take_unknown_jump(const struct trap_frame *frame)
{
    if (!call_tree_unwind(&wt.tree, frame->rsp))
        return ended("its frame is gone, and it has not returned (longjmp?)");
    take_jump(frame->rip);
    return STEP_ON;
}

static enum step_verdict take_return(const struct trap_frame *frame)
{
    switch (call_tree_return(&wt.tree, frame->rip, frame->rsp)) {
    case CALL_LEFT:
        if (wt.until == WT_RETURN)
            return ended("it has returned");
        call_tree_go_on(&wt.tree, function_at(frame->rip), frame->rsp);
        return STEP_ON;
    case CALL_RETURNED:
        return STEP_ON;
    default:
        return take_unknown_jump(frame);
    }
}

static enum step_verdict take_flow(const struct trap_frame *frame, uint64_t from, uint64_t rsp)
{
    bool sequential = frame->rip - from <= INSN_LENGTH_MAX;

    switch (wt_code_class(from)) {
    case INSN_CALL:
    case INSN_CALL_INDIRECT:
        if (frame->rsp == rsp - 8 && word_at(frame->rsp) != frame->rip) /* else: where am I? */
            take_call(frame, frame->rsp, word_at(frame->rsp));
        return STEP_ON;
    case INSN_SYSCALL:
        wt.system_calls++;
        take_call(frame, rsp - 8, frame->rcx);
        return STEP_ON;
    case INSN_INT:
        take_call(frame, rsp - 8, word_at(frame->rsp));
        return STEP_ON;
    case INSN_RET:
    case INSN_IRET:
    case INSN_SYSRET:
    case INSN_FAR:
        return take_return(frame);
    default:
        return sequential ? STEP_ON : take_unknown_jump(frame);
    }
}

/* ---- conditions ---- */

static bool read_register(void *context, const char *number, uint64_t *value)
{
    struct debugger_cpu *cpu = context;
    uint8_t bytes[GDB_REGISTER_MAX] = {0};
    uint64_t regnum;

    if (!word_number(number, &regnum))
        return false;
    if (register_homes[regnum].place != PLACE_FRAME)
        registers_save(cpu);

    bool had = register_read(cpu, (unsigned)regnum, bytes);

    memcpy(value, bytes, sizeof(*value));
    return had;
}

static bool read_word(void *context, uint64_t address, uint64_t *value)
{
    (void)context;
    return step_machine.read_memory(step_machine.context, address, value, sizeof(*value)) ==
           sizeof(*value);
}

static bool no_symbol(void *context, const char *name, uint64_t *value)
{
    (void)context;
    (void)name;
    (void)value;
    return false;
}

/* What cannot be read does not hold: a pointer may not be one yet. */
static bool condition_holds(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    const struct expression_world world = {no_symbol, read_register, read_word, cpu};
    struct expression_problem problem;
    bool holds;

    if (frame != &cpu->frame)
        cpu->frame = *frame;
    return condition_value(&world, &wt.condition, &holds, &problem) && holds;
}

static bool is_branch(enum insn_class class)
{
    return class == INSN_BRANCH || class == INSN_JMP || class == INSN_JMP_INDIRECT;
}

/* The instruction that comes next is the one that was waited for. */
static bool is_there(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    switch (wt.until) {
    case WT_ADDRESS:
        return frame->rip == wt.address;
    case WT_CALL:
        return wt_code_class(frame->rip) == INSN_CALL ||
               wt_code_class(frame->rip) == INSN_CALL_INDIRECT;
    case WT_RET:
        return wt_code_class(frame->rip) == INSN_RET;
    case WT_BRANCH:
        return is_branch(wt_code_class(frame->rip));
    case WT_CONDITION:
        return condition_holds(cpu, frame);
    default:
        return false;
    }
}

enum step_verdict wt_stepped(struct debugger_cpu *cpu, const struct trap_frame *frame)
{
    uint64_t from = wt.rip, rsp = wt.rsp;
    enum step_verdict verdict = STEP_ON;

    wt.rip = frame->rip;
    wt.rsp = frame->rsp;
    if (wt.away)
        return come_back();
    wt.total++;
    if (wt.has_tree)
        call_tree_count(&wt.tree);
    if (is_far(frame->rsp, rsp) && wt.phase == WT_RUNNING && is_switched(cpu))
        return leave(cpu);
    if (wt.has_tree && (frame->rip - from > INSN_LENGTH_MAX || frame->rsp != rsp))
        verdict = take_flow(frame, from, rsp);
    if (verdict == STEP_ON && cpu->step.plan.program_trap)
        return ended("the program has set TF, and its handler comes next");
    if (verdict == STEP_ON && wt.until != WT_RETURN && is_there(cpu, frame))
        return ended("there it is");
    if (verdict == STEP_ON && wt.total >= wt.max)
        return ended("that was as many instructions as -max allows");
    return verdict;
}

/* ---- the machine has stopped ---- */

static bool cut;

/* As a monitor command's output: Ctrl-C ends it, and not the next thing that the client does. It is
 * what the stop is told as, then: gdb may go on from a SIGTRAP where it steps without a word. */
static void print_line(const char *text, size_t n)
{
    static char line[160];
    static size_t length;

    for (size_t i = 0; i < n; i++) {
        if (length < sizeof(line))
            line[length++] = text[i];
        if (text[i] != '\n')
            continue;
        if (!cut)
            line_console(line, length);
        cut |= line_interrupted();
        length = 0;
    }
}

static const char *reason(const struct debugger_cpu *cpu)
{
    if (wt.away)
        return wt.total ? "the machine has stopped while its thread was not running"
                        : "the machine has stopped before its thread was woken";
    if (cpu->stop.signal == GDB_SIGINT)
        return "interrupted";
    return "the machine has stopped before that";
}

void wt_tell(struct debugger_cpu *cpu)
{
    struct debugger_cpu *c;
    bool is_its_own = wt.ended != NULL;

    for (unsigned n = 0; (c = debugger_cpu(n)) != NULL; n++)
        c->traced = false;
    if (wt.phase != WT_ARMED && wt.phase != WT_RUNNING)
        return;
    if (!wt.away && wt.since)
        wt.cycles += read_tsc() - wt.since;
    wt.since = 0;
    if (wt.phase == WT_ARMED && !wt.ended)
        return;
    if (!wt.ended)
        wt.ended = reason(cpu);
    if (wt.has_tree)
        call_tree_end(&wt.tree);
    wt.phase = WT_OVER;
    cut = false;
    gdb_report_begin(&debugger_gdb, print_line);
    wt_report(&debugger_gdb, LINES_SHOWN);
    gdb_report_end(&debugger_gdb);
    if (cut && is_its_own && cpu->stop.reason == GDB_STOP_SIGNAL)
        cpu->stop.signal = GDB_SIGINT;
}

void wt_forget(void)
{
    if (wt.phase != WT_OVER)
        wt.phase = WT_NONE;
}
