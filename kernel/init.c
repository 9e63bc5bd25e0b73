/* init.c: a kernel without programs is a kernel, so nothing here is worth a panic. */
#include "init.h"

#include <string.h>

#include "cmdline.h"
#include "printk.h"
#include "process.h"

void init_start(void)
{
    char *argument = strchr(cmdline.init, ':');
    const char *problem;

    process_init();
    if (cmdline.init[0] == '\0')
        return;
    if (argument != NULL)
        *argument++ = '\0';
    problem = process_launch(cmdline.init, argument != NULL ? argument : "");
    if (problem != NULL)
        printk("process: cannot execute %s: %s; there will be no programs\n", cmdline.init,
               problem);
}
