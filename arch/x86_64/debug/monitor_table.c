/* monitor_table.c: the commands there are: ours, those of debugger_config, those added later. */
#include "monitor_table.h"

#include <string.h>

#include "analyze.h"
#include "apic_command.h"
#include "baud.h"
#include "code.h"
#include "control_command.h"
#include "cpu_command.h"
#include "debugreg.h"
#include "doors.h"
#include "events.h"
#include "features_command.h"
#include "log_command.h"
#include "machine_command.h"
#include "maps_command.h"
#include "modules.h"
#include "page_command.h"
#include "processes.h"
#include "requests.h"
#include "selftest.h"
#include "state.h"
#include "step.h"
#include "symbol_command.h"
#include "table_command.h"
#include "thread_list.h"
#include "watchdog.h"
#include "wt.h"

#ifndef DEBUGGER_COMMANDS
#define DEBUGGER_COMMANDS 16
#endif

/* In the order of their names. */
static const struct debugger_command commands[] = {
    {"help", "list these commands, or explain one", monitor_help, "[COMMAND]"},
    {"analyze", "why the machine has stopped: the fault, its instruction, a verdict, the callers",
     analyze_command, NULL},
    {"apic", "the local APIC: what is served, requested and masked", apic_command, NULL},
    {"baud", "the line's rate; another is kept if the client follows", baud_command,
     "[RATE [SECONDS]]"},
    {"bp", "list the breakpoints that the client has set, or say which hits of one stop",
     request_bp_command,
     "[N ignore|every|count|thread|cr3 [VALUE] | fallback [on|off] | pending [on|off]]"},
    {"break-on-load", "stop when a module is loaded", module_break_command, "[NAME | * | off]"},
    {"bt", "a thread's callers: by frame pointers, then what looks like one (?)", code_bt_command,
     "[THREAD]"},
    {"catch", "which exceptions stop the machine, and when", event_command,
     "[user] [NAME | NUMBER | all [POLICY]]"},
    {"comm", "count packets and line errors", machine_comm, NULL},
    {"cpuid", "what CPUID says", cpu_cpuid_command, "LEAF [SUBLEAF]"},
    {"cr", "the control registers and EFER, with their bits", control_cr_command, NULL},
    {"dis", "disassemble, with symbols; at $rip also where its operands are", code_dis_command,
     "[intel | att | ADDRESS [LINES]]"},
    {"doors", "the ways in that a client has, and how often they were used", door_command, NULL},
    {"efer", "EFER bit by bit, in words", control_efer_command, NULL},
    {"fault", "the last exception, in words", fault_command, NULL},
    {"features", "what is built in, and what the kernel has given", features_command, NULL},
    {"gdt", "the segment descriptors, in words", table_gdt_command, NULL},
    {"idt", "the gates, where they lead, and what is odd about them", table_idt_command,
     "[VECTOR]"},
    {"ioapic", "an I/O APIC's pins", apic_io_command, "[ADDRESS]"},
    {"irq", "from pin to vector to handler, and how often", apic_irq_command, NULL},
    {"iowatch", "stop at accesses to an I/O port", request_iowatch_command,
     "PORT 1|2|4|off"},
    {"lm", "list the modules", module_list_command, NULL},
    {"log", "the last lines of the kernel's log", log_command, "[LINES]"},
    {"maps", "what is mapped, with its rights, by the page tables", maps_command, "[FROM [TO]]"},
    {"msr", "read or write a model-specific register", cpu_msr_command, "NUMBER [VALUE]"},
    {"pa", "show physical memory", page_pa_command, "ADDRESS [BYTES]"},
    {"port", "read or write an I/O port", cpu_port_command, "NUMBER[.b | .w | .l] [VALUE]"},
    {"poweroff", "switch the machine off", machine_poweroff, NULL},
    {"print", "an expression in hexadecimal and decimal, and what is there", symbol_print_command,
     "EXPRESSION"},
    {"process", "whose memory a client sees, and where its new breakpoints are", process_command,
     "[PID | off]"},
    {"ps", "the processes", process_list_command, NULL},
    {"pte", "the page tables' entries for an address, in words", page_pte_command,
     "ADDRESS [CR3]"},
    {"reset", "restart the machine", machine_reset, NULL},
    {"selftest", "let the debugger itself fault, to see it survive", selftest_command,
     "fault|int3|ud2|stack"},
    {"step", "whether interrupts are served during a step", step_command, "[irq on|off]"},
    {"threads", "the kernel's threads, and what is wrong with their list", threads_command, NULL},
    {"tss", "each processor's stacks for interrupts", table_tss_command, NULL},
    {"unsafe", "whether msr and port may write", cpu_unsafe_command, "[on | off]"},
    {"until", "trace in the kernel, from the next continue on, until a condition holds",
     wt_until_command, "CONDITION [-max N] | off"},
    {"va2pa", "where in physical memory an address is", page_va2pa_command, "ADDRESS [CR3]"},
    {"version", "say what this debugger is", machine_version, NULL},
    {"watch", "when write watchpoints hit", request_watch_command, "[changed [on|off]]"},
    {"watchdog", "stop when the timer does not tick any more", watchdog_command,
     "[20ms to 3600s | off]"},
    {"wt", "trace the function in the kernel, from the next continue on, until it returns",
     wt_command, "[-depth N] [-module M] [-until ADDR | call | ret | branch] [-count] [-folded] "
                 "[-max N] [-show | -off]"},
};
#define OWN_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct debugger_command *added[DEBUGGER_COMMANDS];
static size_t added_count;

const struct debugger_command *monitor_nth(size_t n)
{
    if (n < OWN_COMMANDS)
        return &commands[n];
    n -= OWN_COMMANDS;
    if (n < debugger_settings.command_count)
        return &debugger_settings.commands[n];
    n -= debugger_settings.command_count;
    return n < added_count ? added[n] : NULL;
}

const char *debugger_add_command(const struct debugger_command *command)
{
    const struct debugger_command *other;

    for (size_t i = 0; (other = monitor_nth(i)) != NULL; i++)
        if (strcmp(other->name, command->name) == 0)
            return "there is a command of this name already";
    if (added_count == DEBUGGER_COMMANDS)
        return "no room for one more command: DEBUGGER_COMMANDS";
    added[added_count] = command;
    added_count++;
    return NULL;
}

void debugger_remove_command(const struct debugger_command *command)
{
    for (size_t i = 0; i < added_count; i++) {
        if (added[i] != command)
            continue;
        added_count--;
        memmove(&added[i], &added[i + 1], (added_count - i) * sizeof(added[0]));
        return;
    }
}
