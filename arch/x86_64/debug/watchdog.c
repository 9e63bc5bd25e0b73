/*
 * watchdog.c: counts NMIs between two ticks of the kernel's timer, for each processor. Time in the
 * debugger does not count: there NMIs are ignored.
 */
#include "watchdog.h"

#include <string.h>

#include "gdbstub.h"
#include "line.h"
#include "state.h"

#define SECONDS_MAX 3600

struct pulse {
    const volatile uint64_t *ticks; /* the kernel's count */
    uint64_t seen;                  /* ... when it was looked at last */
    uint32_t count;                 /* NMIs in a row without a tick */
};

static struct {
    uint32_t seconds; /* 0: off */
    uint32_t limit;   /* so many NMIs in a row are too many */
    struct pulse pulses[DEBUGGER_CPUS];
    struct debugger_cpu *hung; /* found last */
} watchdog;

bool watchdog_runs(void)
{
    return watchdog.seconds != 0;
}

/* True: there was no tick for too long. Who is held by the client has none. */
static bool has_stopped(const struct debugger_cpu *cpu, struct pulse *pulse)
{
    bool counts = cpu->online && !cpu->held && pulse->ticks;
    uint64_t ticks = counts ? *pulse->ticks : 0;

    pulse->count = counts && ticks == pulse->seen ? pulse->count + 1 : 0;
    pulse->seen = ticks;
    return counts && pulse->count >= watchdog.limit;
}

/* The NMIs come at one of the processors, which looks after all of them. */
bool watchdog_bites(void)
{
    watchdog.hung = NULL;
    for (unsigned n = 0; n < DEBUGGER_CPUS; n++) {
        if (!has_stopped(debugger_cpu(n), &watchdog.pulses[n]))
            continue;
        watchdog.pulses[n].count = 0;
        watchdog.hung = debugger_cpu(n);
    }
    return watchdog.hung != NULL;
}

struct debugger_cpu *watchdog_hung(void)
{
    return watchdog.hung;
}

void watchdog_tell(struct debugger_cpu *cpu)
{
    char text[64];
    size_t n = gdb_sprint(text, sizeof(text), "hang: no timer tick for %u s on cpu%u\n",
                          watchdog.seconds, debugger_cpu_number(watchdog.hung));

    (void)cpu;
    line_console(text, n);
}

static void start(struct gdb *g, uint32_t seconds)
{
    uint32_t rate = debugger_settings.nmi_clock(seconds != 0);

    watchdog.seconds = rate ? seconds : 0;
    watchdog.limit = (uint32_t)((uint64_t)seconds * rate / 1000) + 1;
    for (unsigned n = 0; n < DEBUGGER_CPUS; n++)
        watchdog.pulses[n] = (struct pulse){.ticks = debugger_settings.ticks(n)};
    if (seconds && !rate)
        gdb_print(g, "this machine has no clock that can raise NMIs\n");
}

/* "5" or "5s"; 0 if it is neither. */
static uint32_t parse(const char *text)
{
    uint32_t seconds = 0;

    for (; *text >= '0' && *text <= '9' && seconds <= SECONDS_MAX; text++)
        seconds = seconds * 10 + (uint32_t)(*text - '0');
    return (*text == '\0' || strcmp(text, "s") == 0) && seconds <= SECONDS_MAX ? seconds : 0;
}

void watchdog_command(struct gdb *g, char *args)
{
    uint32_t seconds = parse(args);

    if (!debugger_settings.nmi_clock || !debugger_settings.ticks) {
        gdb_print(g, "this kernel gave the debugger no clock for a watchdog\n");
        return;
    }
    if (*args && !seconds && strcmp(args, "off") != 0) {
        gdb_complain(g, "usage: monitor watchdog [1s to 3600s | off]: stop when the timer does not "
                     "tick for so long\n");
        return;
    }
    if (*args)
        start(g, seconds);
    if (watchdog.seconds)
        gdb_print(g, "the watchdog bites after %u s without a timer tick\n", watchdog.seconds);
    else
        gdb_print(g, "the watchdog is off\n");
}
