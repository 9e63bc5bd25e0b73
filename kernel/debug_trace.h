/* debug_trace.h: memory for the debugger's tracepoints, as much as gdb.trace= says. */
#ifndef KERNEL_DEBUG_TRACE_H
#define KERNEL_DEBUG_TRACE_H

#include <stddef.h>

/* Once there is a kmalloc(). */
void debug_trace_init(void);

/* debugger_config.trace_memory: NULL before that. */
void *debug_trace_memory(size_t *size);

#endif
