/*
 * agent_view.h: what agent expressions and tracepoints see of the processor that they run on. The
 * functions are those of gdbstub/agent.h, their context is a struct agent_view or begins with one.
 */
#ifndef TRAPLINE_AGENT_VIEW_H
#define TRAPLINE_AGENT_VIEW_H

#include "state.h"

struct agent_view {
    struct debugger_cpu *cpu; /* with cpu->frame of now */
    bool saved;               /* cpu->system as well */
    bool fpu_is_new;          /* ... and cpu->fpu is not of before */
};

bool view_register(void *view, unsigned regnum, uint64_t *value);
bool view_raw_register(void *view, unsigned regnum, uint8_t *out);
bool view_memory(void *view, uint64_t address, void *out, size_t n);
size_t view_copy(void *view, uint64_t address, void *out, size_t n);

#endif
