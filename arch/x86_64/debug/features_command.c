/* features_command.c: what this debugger was built with, and what the kernel has given it. */
#include "features_command.h"

#include "breakpoint.h"
#include "gdbstub.h"
#include "insn.h"
#include "line.h"
#include "state.h"
#include "uart16550.h"

/* A hook that is not given costs what is said there. */
static const struct {
    const char *name;
    size_t at;
    const char *gives;
} hooks[] = {
#define HOOK(member, text) {#member, offsetof(struct debugger_config, member), text}
    HOOK(next_thread, "the kernel's threads"),
    HOOK(thread_registers, "backtraces of threads that sleep"),
    HOOK(this_thread, "breakpoints of one thread: monitor bp N thread"),
    HOOK(held_lock, "monitor analyze tells the locks that are held"),
    HOOK(next_process, "programs, with memory of their own"),
    HOOK(own_page, "breakpoints of one program"),
    HOOK(this_cpu, "more than one processor"),
    HOOK(send_nmi, "... that are stopped at any instruction"),
    HOOK(wake, "... and sleep while they are"),
    HOOK(physical_memory, "page tables, memory regions"),
    HOOK(device_memory, "monitor apic, ioapic"),
    HOOK(interrupt, "monitor irq tells counts and handlers"),
    HOOK(log, "monitor log"),
    HOOK(file, "files for clients"),
    HOOK(exec_file, "clients find the symbols by themselves"),
    HOOK(symbols, "names without a client"),
    HOOK(pass_on, "signal SIGSEGV"),
    HOOK(ticks, "monitor watchdog"),
    HOOK(nmi_clock, "... with interrupts off"),
    HOOK(reset, "monitor reset"),
    HOOK(poweroff, "monitor poweroff"),
#undef HOOK
};

static void print_number(struct gdb *g, const char *name, size_t n, const char *unit)
{
    gdb_row(g, "{feature:%-18s}  {value=%zu} {unit:%s}\n", name, n, unit);
}

static void print_text(struct gdb *g, const char *name, const char *text)
{
    gdb_row(g, "{feature:%-18s}  {text:%s}\n", name, text);
}

void features_command(struct gdb *g, char *args)
{
    const struct debugger_config *c = &debugger_settings;
    size_t used = debugger_gdb.agents_used - debugger_gdb.agents_dead;

    (void)args;
    print_number(g, "packet", g->packet_max, "bytes at most");
    print_number(g, "processors", DEBUGGER_CPUS, "at most");
    print_number(g, "breakpoints", DEBUGGER_BREAKPOINTS, "at most, as int3");
    print_number(g, "agent memory", c->agent_size, "bytes for conditions and commands");
    print_number(g, "... of that used", used, "bytes");
    print_number(g, "scratch code", c->scratch_code.end - c->scratch_code.start, "bytes for lldb");
    print_number(g, "scratch data", c->scratch_data.end - c->scratch_data.start, "bytes");
    print_number(g, "own commands", c->command_count, "of the kernel's, given at once");
    print_text(g, "line", c->transport ? "a transport of the kernel's" : "a 16550");
    print_text(g, "decoder", insn_available() ? "built in" : "left out");
    for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
        void *given = *(void *const *)((const char *)c + hooks[i].at);

        gdb_row(g, "{feature:%-18s}  {state:%-9s}  {text:%s}\n", hooks[i].name,
                given ? "given" : "not given", hooks[i].gives);
    }
}
