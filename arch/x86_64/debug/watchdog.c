/*
 * watchdog.c: counts NMIs between two ticks of the kernel's timer. Time in the debugger does not
 * count: there NMIs are ignored.
 */
#include "watchdog.h"

#include <string.h>

#include "line.h"
#include "state.h"

#define SECONDS_MAX 3600

static struct {
    uint32_t seconds; /* 0: off */
    uint32_t limit;   /* so many NMIs in a row without a tick */
    uint32_t count;
    uint64_t ticks; /* the kernel's, when it was looked at last */
} watchdog;

bool watchdog_runs(void)
{
    return watchdog.seconds != 0;
}

bool watchdog_bites(void)
{
    uint64_t ticks = *debugger_settings.ticks;

    watchdog.count = ticks == watchdog.ticks ? watchdog.count + 1 : 0;
    watchdog.ticks = ticks;
    if (watchdog.count < watchdog.limit)
        return false;
    watchdog.count = 0;
    return true;
}

void watchdog_tell(struct debugger_cpu *cpu)
{
    static const char before[] = "hang: no timer tick for ", after[] = " s\n";
    char digits[8], *first = digits + sizeof(digits);

    (void)cpu;
    for (uint32_t left = watchdog.seconds; left; left /= 10)
        *--first = (char)('0' + left % 10);
    line_console(before, strlen(before));
    line_console(first, (size_t)(digits + sizeof(digits) - first));
    line_console(after, strlen(after));
}

static void start(struct gdb *g, uint32_t seconds)
{
    uint32_t rate = debugger_settings.nmi_clock(seconds != 0);

    watchdog.seconds = rate ? seconds : 0;
    watchdog.limit = (uint32_t)((uint64_t)seconds * rate / 1000) + 1;
    watchdog.count = 0;
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
        gdb_print(g, "usage: monitor watchdog [1s to 3600s | off]: stop when the timer does not "
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
