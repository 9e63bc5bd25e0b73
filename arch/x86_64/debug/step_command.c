/* step_command.c: monitor step. */
#include <string.h>

#include "gdbstub.h"
#include "step.h"

bool step_irq_allowed;

void step_command(struct gdb *g, char *args)
{
    if (strcmp(args, "irq on") == 0)
        step_irq_allowed = true;
    else if (strcmp(args, "irq off") == 0)
        step_irq_allowed = false;
    else if (*args)
        gdb_complain(g, "usage: monitor step [irq on|off]\n");
    gdb_print(g, step_irq_allowed ? "interrupts are served during a step\n"
                                  : "interrupts wait while an instruction is stepped\n");
}
