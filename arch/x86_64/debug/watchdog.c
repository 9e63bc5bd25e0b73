/*
 * watchdog.c: counts NMIs between two ticks of the kernel's timer, for each processor. Time in the
 * debugger does not count: there NMIs are ignored.
 */
#include "watchdog.h"

#include <string.h>

#include "gdbstub.h"
#include "line.h"
#include "state.h"

#define SHORTEST 20 /* ms: a few NMIs of a clock that rings 100 times a second */
#define LONGEST  3600000

struct pulse {
    const volatile uint64_t *ticks; /* the kernel's count */
    uint64_t seen;                  /* ... when it was looked at last */
    uint32_t count;                 /* NMIs in a row without a tick */
};

static struct {
    uint32_t time;  /* ms; 0: off */
    uint32_t limit; /* so many NMIs in a row are too many */
    struct pulse pulses[DEBUGGER_CPUS];
    struct debugger_cpu *hung; /* found last */
} watchdog;

bool watchdog_runs(void)
{
    return watchdog.time != 0;
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
    bool whole = watchdog.time % 1000 == 0;
    char text[64];
    size_t n = gdb_sprint(text, sizeof(text), "hang: no timer tick for %u %s on cpu%u\n",
                          whole ? watchdog.time / 1000 : watchdog.time, whole ? "s" : "ms",
                          debugger_cpu_number(watchdog.hung));

    (void)cpu;
    line_console(text, n);
}

static void start_watch(struct gdb *g, uint32_t time)
{
    uint32_t rate = debugger_settings.nmi_clock(time != 0);

    watchdog.time = rate ? time : 0;
    watchdog.limit = (uint32_t)((uint64_t)time * rate / 1000000) + 1;
    for (unsigned n = 0; n < DEBUGGER_CPUS; n++)
        watchdog.pulses[n] = (struct pulse){.ticks = debugger_settings.ticks(n)};
    if (time && !rate)
        gdb_print(g, "no clock can raise NMIs now: before the kernel has set its interrupt "
                     "controllers up, none can\n");
}

/* "5", "5s" or "500ms", in ms; 0 if it is neither. */
static uint32_t parse(const char *text)
{
    uint64_t time = 0;

    for (; *text >= '0' && *text <= '9' && time <= LONGEST; text++)
        time = time * 10 + (uint64_t)(*text - '0');
    if (*text == '\0' || strcmp(text, "s") == 0)
        time *= 1000;
    else if (strcmp(text, "ms") != 0)
        return 0;
    return time >= SHORTEST && time <= LONGEST ? (uint32_t)time : 0;
}

static void print(struct gdb *g)
{
    uint32_t time = watchdog.time;

    if (!time)
        gdb_print(g, "the watchdog is off\n");
    else
        gdb_print(g, "the watchdog bites after %u %s without a timer tick\n",
                  time % 1000 ? time : time / 1000, time % 1000 ? "ms" : "s");
}

void watchdog_command(struct gdb *g, char *args)
{
    uint32_t time = parse(args);

    if (!debugger_settings.nmi_clock || !debugger_settings.ticks) {
        gdb_print(g, "this kernel gave the debugger no clock for a watchdog\n");
        return;
    }
    if (*args && !time && strcmp(args, "off") != 0) {
        gdb_complain(g, "usage: monitor watchdog [20ms to 3600s | off]: stop when the timer does "
                     "not tick for so long\n");
        return;
    }
    if (*args)
        start_watch(g, time);
    print(g);
}
