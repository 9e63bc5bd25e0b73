/*
 * unattended.h: the machine has gone wrong, and nobody is there to see it.
 */
#ifndef TRAPLINE_UNATTENDED_H
#define TRAPLINE_UNATTENDED_H

#include <stdbool.h>

struct debugger_cpu;

/*
 * Before the client is served: if what has stopped the processor is a crash and no client waits,
 * tell the kernel's console why, and ask the kernel what next. Returns if a client is to be waited
 * for. Takes the processor's recovery point.
 */
void unattended(struct debugger_cpu *cpu);

/* What was read of the line since then: a byte, or -1 for none. */
void unattended_line(int byte);

/* It has to be called again soon, whatever comes. */
bool unattended_calls(void);

#endif
