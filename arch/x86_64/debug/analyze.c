/* analyze.c: see analyze.h. */
#include "analyze.h"

#include "code.h"
#include "gdbstub.h"
#include "log_command.h"
#include "page_command.h"
#include "processor.h"
#include "protect.h"
#include "safe_copy.h"
#include "state.h"
#include "symbols.h"
#include "thread_list.h"
#include "value.h"
#include "verdict.h"

#define FRAMES    16
#define LOCKS     8
#define LOG_LINES 5

static struct verdict_operands operands_of(const struct gdb *g, uint64_t rip,
                                           const struct insn *insn)
{
    struct verdict_operands out = {.poison = debugger_settings.poison,
                                   .nowhere = !address_canonical(rip)};
    uint64_t address;

    for (unsigned n = 0; insn && n < insn->memory_count; n++) {
        if (!code_operand(g, insn, n, &address))
            continue;
        out.at[out.count].address = address;
        out.at[out.count].size = insn->memory[n].size;
        out.at[out.count++].canonical = address_canonical(address);
    }
    return out;
}

static void tell_verdict(struct gdb *g, const struct verdict *v)
{
    gdb_row(g, "verdict: {text:%s}", v->text);
    if (v->has_address) {
        gdb_row(g, ": {address:0x%lx}", v->address);
        symbol_tell(g, v->address, 0);
    }
    gdb_print(g, "\n");
}

#define OPCODE_INT  0xcd /* int N; the others have no operand */
#define CODE_BEFORE 64   /* what insn_is_inside() wants */

static bool is_inside(const struct gdb *g, uint64_t address)
{
    uint8_t code[CODE_BEFORE + INSN_LENGTH_MAX];
    size_t n = value_read(g, code, address - CODE_BEFORE, sizeof(code));

    return n > CODE_BEFORE && insn_is_inside(code, n, CODE_BEFORE);
}

/*
 * Where the instruction is that has raised it: rip is behind one that is there to do so (Intel SDM
 * vol. 3, 6.5 "Traps", 6.12.1), unless these bytes are the end of a longer one.
 */
static uint64_t raised_at(const struct gdb *g, const struct fault *f)
{
    static const uint8_t opcodes[] = {[VECTOR_DEBUG] = 0xf1, [VECTOR_BREAKPOINT] = 0xcc};
    uint8_t code[2] = {0};

    value_read(g, &code[1], f->rip - 1, 1);
    value_read(g, &code[0], f->rip - 2, 1);
    if (code[0] == OPCODE_INT && code[1] == f->vector && !is_inside(g, f->rip - 2))
        return f->rip - 2;
    return f->vector < sizeof(opcodes) && opcodes[f->vector] && code[1] == opcodes[f->vector]
               ? f->rip - 1
               : f->rip;
}

static void tell_code(struct gdb *g, const struct fault *f, const struct insn *insn,
                      const struct verdict *v)
{
    if (insn) {
        code_print(g, insn, true);
        code_print_operands(g, insn, v->has_address ? &v->address : NULL);
    } else {
        gdb_print(g, "=> 0x%lx:  no %s\n", f->rip,
                  insn_available() ? "instruction is there" : "decoder in this build");
    }
}

static void tell_fault(struct gdb *g, const struct fault *f)
{
    char text[FAULT_TEXT_MAX];
    struct insn decoded;
    const struct insn *insn = code_decode(g, raised_at(g, f), &decoded) ? &decoded : NULL;
    struct verdict_operands operands = operands_of(g, f->rip, insn);
    struct verdict v = verdict_of(f, insn, &operands, page_is_executable(f->cr2));

    gdb_fact(g, "verdict", "%s", v.name);
    gdb_fact(g, "vector", "%u", f->vector);
    gdb_fact(g, "rip", "0x%lx", f->rip);
    if (v.has_address)
        gdb_fact(g, "address", "0x%lx", v.address);
    fault_describe(f, text, sizeof(text));
    gdb_print(g, "%s\n", text);
    tell_verdict(g, &v);
    tell_code(g, f, insn, &v);
    if (f->vector == VECTOR_PAGE_FAULT && f->error != FRAME_NO_ERROR &&
        debugger_settings.physical_memory)
        page_print(g, read_cr3(), f->cr2);
}

static void tell_lock(struct gdb *g, struct debugger_lock *lock)
{
    char text[SYMBOL_TEXT_MAX];

    lock->kind[sizeof(lock->kind) - 1] = lock->name[sizeof(lock->name) - 1] = '\0';
    gdb_row(g, lock->waits ? "waits for {kind:%s} {wants:%s} at {at:0x%lx}"
                           : "holds {kind:%s} {lock:%s} at {at:0x%lx}",
            lock->kind, lock->name, lock->address);
    symbol_tell(g, lock->address, 0);
    if (lock->since)
        gdb_row(g, ", since {since:%s}", symbol_text(lock->since, text, sizeof(text)));
    if (lock->waits && lock->holder)
        gdb_row(g, ", held by thread {holder=%lu}", lock->holder);
    gdb_print(g, "\n");
}

/* What this one must not be interrupted with, and others may wait for, or have. */
static void tell_locks(struct gdb *g, const struct debugger_cpu *cpu, bool here)
{
    gdb_tid id = threads_on(cpu);
    const struct debugger_thread *thread = threads_entry(id);
    struct debugger_lock lock;
    uint64_t cursor = 0;

    if (!thread || !debugger_settings.held_lock)
        return;
    for (unsigned n = 0; n < LOCKS && debugger_settings.held_lock(thread, &cursor, &lock); n++) {
        if (!here)
            gdb_row(g, "cpu {cpu=%u}, thread {thread=%lu} ", debugger_cpu_number(cpu), id);
        tell_lock(g, &lock);
    }
}

static void tell_all_locks(struct gdb *g, const struct debugger_cpu *here)
{
    const struct debugger_cpu *cpu;

    tell_locks(g, here, true);
    for (unsigned n = 0; (cpu = debugger_cpu(n)) != NULL; n++) {
        if (cpu != here)
            tell_locks(g, cpu, false);
    }
}

static void tell_thread(struct gdb *g, const struct debugger_cpu *cpu)
{
    struct gdb_thread_info info;
    gdb_tid thread = threads_on(cpu);

    gdb_row(g, "cpu {cpu=%u}, thread {thread=%lu}", debugger_cpu_number(cpu), thread);
    if (threads_info(thread, &info) && info.name)
        gdb_row(g, " {name:%s}", info.name);
    gdb_print(g, "\n");
}

/* Without a client this goes to where the log went already. */
static void tell_log(struct gdb *g)
{
    if (g->sink || !debugger_settings.log)
        return;
    gdb_print(g, "the last lines of the log:\n");
    log_tail(g, LOG_LINES);
}

static void tell_panic(struct gdb *g, const char *words)
{
    gdb_fact(g, "verdict", "panic");
    gdb_row(g, "verdict: the kernel has given up: {text:%s}\n", words);
}

/* A trap that no client has asked for, and that is none of the debugger's ways in. */
static bool is_trap_of_code(const struct gdb *g, const struct debugger_cpu *cpu,
                            const struct fault *trap)
{
    bool stepped = cpu->system[SYSTEM_DR6] & (DR6_BS | DR6_HITS);

    return cpu->stop.reason == GDB_STOP_SIGNAL && cpu->stop.signal == GDB_SIGTRAP &&
           (trap->vector == VECTOR_BREAKPOINT || (trap->vector == VECTOR_DEBUG && !stepped)) &&
           trap->rip == cpu->stopped_rip && !protect_is_own_code(trap->rip) &&
           raised_at(g, trap) != trap->rip;
}

void analyze_command(struct gdb *g, char *args)
{
    const struct debugger_cpu *cpu = debugger_this_cpu();
    const struct trap_frame *frame = &cpu->frame;
    const struct fault *f = &cpu->faults.last;
    const struct fault trap = {.vector = frame->vector, .taken = true, .error = frame->error,
                               .rip = frame->rip, .cs = frame->cs, .rsp = frame->rsp};

    (void)args;
    if (f->taken && f->rip == frame->rip && f->vector == frame->vector)
        tell_fault(g, f);
    else if (cpu->panic)
        tell_panic(g, cpu->panic);
    else if (is_trap_of_code(g, cpu, &trap))
        tell_fault(g, &trap);
    else
        gdb_print(g, "no fault has stopped the machine here\n");
    tell_thread(g, cpu);
    tell_all_locks(g, cpu);
    code_backtrace(g, threads_on(cpu), FRAMES);
    tell_log(g);
}
