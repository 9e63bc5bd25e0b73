/* demo_command.c: a command of a subsystem's own, which the debugger's table knows nothing of. */
#include "demo_command.h"

#include "debugger.h"
#include "demo/demo.h"
#include "gdbstub.h"
#include "printk.h"

static void run(struct gdb *g, char *args)
{
    (void)args;
    gdb_fact(g, "turns", "%lu", demo_statistics.turns);
    gdb_fact(g, "calls", "%lu", demo_counter);
    gdb_print(g, "%lu turns, %lu checks that held; demo_hot was called %lu times\n",
              demo_statistics.turns, demo_statistics.checks, demo_counter);
}

void demo_command_init(void)
{
    static const struct debugger_command command = {"demo", "how far the demo is", run, NULL};
    const char *problem = debugger_add_command(&command);

    if (problem != NULL)
        printk("monitor demo: %s\n", problem);
}
