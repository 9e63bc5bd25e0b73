/* debug_trace.c: see debug_trace.h. */
#include "debug_trace.h"

#include "cmdline.h"
#include "kmalloc.h"
#include "printk.h"

static void *memory;

void debug_trace_init(void)
{
    if (cmdline.gdb == GDB_MODE_OFF || cmdline.gdb_trace == 0)
        return;
    memory = kmalloc(cmdline.gdb_trace);
    if (memory == NULL)
        printk("debugger: no %u bytes for tracepoints\n", cmdline.gdb_trace);
}

void *debug_trace_memory(size_t *size)
{
    *size = cmdline.gdb_trace;
    return memory;
}
