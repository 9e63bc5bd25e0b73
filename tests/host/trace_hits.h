/* trace_hits.h: what the made-up machine does at its tracepoints. */
#ifndef HOST_TRACE_HITS_H
#define HOST_TRACE_HITS_H

#include "agent.h"
#include "machine.h"

/* What thread 1 shows to agent expressions. */
struct gdb_agent trace_agent(struct gdb *g, struct machine *m);

/* Each tracepoint that is planted is hit once, and stepped from as it wants. */
void trace_hits(struct gdb *g, struct machine *m);

#endif
