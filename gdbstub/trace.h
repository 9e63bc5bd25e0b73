/*
 * trace.h: tracepoints (GDB manual, "Tracepoint Packets"): data is collected where they are hit,
 * and the machine goes on. Clients look at it later.
 *
 * What is to be collected, and what was, lies in one piece of memory of the embedder's: definitions
 * in front, behind them a ring of frames that any number of processors write to at once, in any
 * context, without a lock (trace_ring.h).
 */
#ifndef TRAPLINE_TRACE_H
#define TRAPLINE_TRACE_H

#include "agent.h"

struct gdb;

/* What is left to do of a hit: collect again after each of so many instructions. */
struct gdb_trace_walk {
    uint64_t address;
    uint32_t steps, done;
    uint32_t which; /* of the tracepoints there, a bit each */
    uint32_t run;   /* the trace that it is of: after the next tstart it means nothing */
};

/*
 * A tracepoint at an address was hit: collect what is wanted of the machine as agent shows it,
 * which must have all its functions. May be called while the machine runs, on several processors at
 * once. True: walk->steps is not 0, and gdb_trace_step() is to be called after each instruction
 * from there on until it returns false.
 */
bool gdb_trace_hit(struct gdb *g, const struct gdb_agent *agent, uint64_t address,
                   struct gdb_trace_walk *walk);
bool gdb_trace_step(struct gdb *g, const struct gdb_agent *agent, struct gdb_trace_walk *walk);

/* Nobody will step on: what it still wanted is lost, and counted. */
void gdb_trace_abandon(struct gdb *g, const struct gdb_trace_walk *walk);

#endif
