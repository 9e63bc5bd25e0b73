/*
 * debug_panic.c: why the kernel has died, in the debugger's words, also with gdb=off: then it is
 * started only now, and is on the line only if panic= says that somebody is to be waited for.
 */
#include "debug_panic.h"

#include <stdint.h>

#include "cmdline.h"
#include "cpu.h"
#include "cpu/instructions.h"
#include "cpu/trap.h"
#include "debug.h"
#include "debug_line.h"
#include "debugger.h"
#include "panic.h"
#include "printk.h"

const char debug_beacon[] = "\r\ntrapline: a core waits for scripts/coredump\r\n";

static int receive_nothing(void)
{
    return -1;
}

static void send_nothing(const void *bytes, size_t n)
{
    (void)bytes;
    (void)n;
}

static const struct debugger_transport no_line = {.receive = receive_nothing,
                                                   .send = send_nothing};

void debug_console(const char *text, size_t n)
{
    printk_stopped(text, n);
}

void debug_unattended(void)
{
    panic_act();
    printk("debugger: all is as it was; waiting for %s on %s\n",
           cmdline.panic == PANIC_DUMP ? "scripts/coredump" : "gdb", debug_line_name());
}

static uint32_t cpus_online(void)
{
    uint32_t online = 0;

    for (unsigned i = 0; i < CPUS_MAX; i++)
        online |= (uint32_t)cpu_online(i) << i;
    return online;
}

static void start(void)
{
    const char *problem = debug_start(panic_waits() ? NULL : &no_line, cpus_online());

    if (problem == NULL)
        return;
    printk("debugger: not serving on %s: %s\n", debug_line_name(), problem);
    debug_start(&no_line, cpus_online());
}

/* A debugger that serves has had the frame, and its client has left it to the kernel. */
void debug_panic(const struct trap_frame *frame, const char *message)
{
    if (!debugger_active()) {
        start();
        if (frame != NULL)
            debugger_unhandled((struct trap_frame *)frame);
    }
    debugger_panic(message);
}

/* Only the line's interrupt is let in, and only where it comes to this CPU: others poll. */
_Noreturn void debug_panic_wait(void)
{
    interrupts_admit_from(VECTOR_SERIAL);
    for (;;) {
        debugger_poll();
        if (debug_line_wakes())
            interrupts_wait();
        else
            cpu_relax();
    }
}
