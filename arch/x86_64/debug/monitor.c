/*
 * monitor.c: gdb's "monitor" commands: a table of our own, and the embedder's.
 */
#include "monitor.h"

#include <string.h>

#include "doors.h"
#include "events.h"
#include "line.h"
#include "modules.h"
#include "processes.h"
#include "requests.h"
#include "selftest.h"
#include "state.h"
#include "step.h"
#include "thread_list.h"
#include "uart16550.h"
#include "watchdog.h"

#define VERSION "0.1"

static void run_help(struct gdb *g, char *args);

static void run_version(struct gdb *g, char *args)
{
    (void)args;
    gdb_print(g, "Trapline " VERSION ", a debugger in the kernel, for x86-64\n");
}

static void run_comm(struct gdb *g, char *args)
{
    const struct gdb_statistics *s = &debugger_gdb.statistics;

    (void)args;
    gdb_print(g, "packets: %u in, %u out, %u sent again\n", s->packets_in, s->packets_out,
              s->resent);
    gdb_print(g, "line: %u bad checksums, %u too long, %u stray bytes, %u overruns\n",
              s->bad_checksums, s->overlong, s->stray_bytes, uart16550_overruns());
    gdb_print(g, "interrupts: %u; faults of the debugger itself: %u\n", s->interrupts,
              debugger_this_cpu()->recovered);
}

static void run_reset(struct gdb *g, char *args)
{
    (void)args;
    if (!debugger_settings.reset) {
        gdb_print(g, "this kernel gave the debugger no way to reset the machine\n");
        return;
    }
    gdb_print(g, "resetting the machine\n");
    debugger_settings.reset();
}

static void run_poweroff(struct gdb *g, char *args)
{
    (void)args;
    if (!debugger_settings.poweroff) {
        gdb_print(g, "this kernel gave the debugger no way to switch the machine off\n");
        return;
    }
    gdb_print(g, "switching the machine off\n");
    debugger_settings.poweroff(0);
}

static const struct debugger_command commands[] = {
    {"help", "list these commands", run_help},
    {"bp", "list the breakpoints that the client has set", request_bp_command},
    {"break-on-load", "stop when a module is loaded", module_break_command},
    {"catch", "which exceptions stop the machine, and when", event_command},
    {"comm", "count packets and line errors", run_comm},
    {"doors", "the ways in that a client has, and how often they were used", door_command},
    {"fault", "the last exception, in words", fault_command},
    {"iowatch", "stop at accesses to an I/O port", request_iowatch_command},
    {"lm", "list the modules", module_list_command},
    {"poweroff", "switch the machine off", run_poweroff},
    {"process", "whose memory a client sees, and where its new breakpoints are", process_command},
    {"ps", "the processes", process_list_command},
    {"reset", "restart the machine", run_reset},
    {"selftest", "let the debugger itself fault, to see it survive", selftest_command},
    {"step", "whether interrupts are served during a step", step_command},
    {"threads", "the kernel's threads, and what is wrong with their list", threads_command},
    {"version", "say what this debugger is", run_version},
    {"watch", "when write watchpoints hit", request_watch_command},
    {"watchdog", "stop when the timer does not tick any more", watchdog_command},
};
#define OWN_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* Ours first, then the embedder's; NULL behind the last. */
static const struct debugger_command *command_nth(size_t n)
{
    if (n < OWN_COMMANDS)
        return &commands[n];
    n -= OWN_COMMANDS;
    return n < debugger_settings.command_count ? &debugger_settings.commands[n] : NULL;
}

static void run_help(struct gdb *g, char *args)
{
    const struct debugger_command *c;

    (void)args;
    for (size_t i = 0; (c = command_nth(i)) != NULL; i++)
        gdb_print(g, "%s: %s\n", c->name, c->help);
}

/* The whole name, or the only one that begins with the word. *matches counts those that do. */
static const struct debugger_command *find(const char *word, unsigned *matches)
{
    const struct debugger_command *c, *found = NULL;
    size_t length = strlen(word);

    *matches = 0;
    for (size_t i = 0; (c = command_nth(i)) != NULL; i++) {
        if (strlen(c->name) < length || memcmp(c->name, word, length) != 0)
            continue;
        found = c;
        *matches += 1;
        if (c->name[length] == '\0')
            break;
    }
    return found && (*matches == 1 || found->name[length] == '\0') ? found : NULL;
}

void monitor_run(void *context, struct gdb *g, char *line)
{
    unsigned matches;

    (void)context;
    while (*line == ' ')
        line++;

    char *args = line;

    while (*args && *args != ' ')
        args++;
    while (*args == ' ')
        *args++ = '\0';

    const struct debugger_command *c = find(*line ? line : "help", &matches);

    if (c)
        c->run(g, args);
    else
        gdb_print(g, "%s: %s; see monitor help\n", line,
                  matches ? "more than one command begins like that" : "no such command");
}
