/*
 * trace_hit.h: a tracepoint was hit: what it wants is collected at once, on the processor that was
 * hit, while the others run (gdbstub/trace.h).
 */
#ifndef TRAPLINE_TRACE_HIT_H
#define TRAPLINE_TRACE_HIT_H

#include "state.h"

/* Of target.h. */
void *trace_memory(void *context, size_t *size);
struct gdb_error trace_set(void *context, gdb_tid thread, uint64_t address, bool on);

/* By the TSC, if the embedder has said how fast it is. */
uint64_t trace_microseconds(void *context);

/* frame has rip at the tracepoint. A client that knocks meanwhile is let in at its end. */
void trace_hit(struct debugger_cpu *cpu, const struct trap_frame *frame);

/* ... and one more instruction of what it steps through is done, on cpu->frame. */
void trace_hit_step(struct debugger_cpu *cpu);

#endif
