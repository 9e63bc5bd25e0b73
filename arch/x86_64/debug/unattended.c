/*
 * unattended.c: see unattended.h. What is told is "monitor analyze". Nothing it looks at is
 * trusted, and if it faults all the same, it has a second try without symbols, and then goes on.
 */
#include "unattended.h"

#include <string.h>

#include "analyze.h"
#include "line.h"
#include "processor.h"
#include "stack.h"
#include "thread_list.h"

#define LINE_MAX 120

/* TSC cycles between two beacons, some seconds; and behind the last byte of a client's. */
#define BEACON_CYCLES (1ull << 32)
#define SILENT_CYCLES (1ull << 34)

static char line[LINE_MAX];
static size_t length;
static bool told; /* all of it */

static bool alone; /* since then */
static uint64_t beacon_due;

static void flush(void)
{
    size_t n = length;

    length = 0;
    debugger_settings.console(line, n);
}

/* Consoles are written to by the line. */
static void put(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        line[length++] = text[i];
        if (text[i] == '\n' || length == LINE_MAX)
            flush();
    }
}

static void put_text(const char *text)
{
    put(text, strlen(text));
}

static void triage(void)
{
    threads_changed();
    gdb_report_begin(&debugger_gdb, put);
    analyze_command(&debugger_gdb, "");
    gdb_report_end(&debugger_gdb);
    told = true;
}

static void tell(void)
{
    told = false;
    length = 0;
    put_text("---- no debugger is attached; why the machine has stopped:\n");
    triage();
}

/* A report that was given up is still open. */
static void tell_again(void)
{
    if (told)
        return;
    gdb_report_end(&debugger_gdb);
    put_text("\n---- a fault while this was told; once more, without symbols:\n");
    debugger_settings.symbols_size = 0;
    triage();
}

static void close(void)
{
    gdb_report_end(&debugger_gdb);
    put_text(told ? "----\n" : "\n---- a fault again: that is all there is\n");
}

static void ask(void)
{
    if (debugger_settings.unattended)
        debugger_settings.unattended();
}

void unattended(struct debugger_cpu *cpu)
{
    static void (*const steps[])(void) = {tell, tell_again, close, ask};
    static size_t step; /* in memory: a fault comes back to the mark, and the next one is done */

    alone = cpu->crashed && !gdb_client_waits(&debugger_gdb);
    beacon_due = 0;
    cpu->crashed = false;
    if (!alone || !debugger_settings.console)
        return;
    step = 0;
    recovery_mark(&cpu->recovery);
    while (step < sizeof(steps) / sizeof(steps[0]))
        steps[step++]();
}

bool unattended_calls(void)
{
    return alone && debugger_settings.beacon;
}

void unattended_line(int byte)
{
    const char *text = debugger_settings.beacon;
    uint64_t now;

    if (!alone || !text)
        return;
    now = read_tsc();
    if (byte >= 0) {
        beacon_due = now + SILENT_CYCLES;
    } else if (now >= beacon_due) {
        line_send(text, strlen(text));
        beacon_due = now + BEACON_CYCLES;
    }
}

const char *debugger_late_init(const struct debugger_config *config, uint32_t online)
{
    const char *failure = debugger_init(config);
    struct debugger_cpu *cpu;

    for (unsigned n = 0; !failure && (cpu = debugger_cpu(n)) != NULL; n++)
        cpu->online |= online >> n & 1;
    return failure;
}
