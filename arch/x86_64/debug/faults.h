/*
 * faults.h: an exception in words, for who did not expect it.
 */
#ifndef TRAPLINE_FAULTS_H
#define TRAPLINE_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

struct debugger_cpu;
struct gdb;

/* What there was of a stack, when a page of it was missing. */
enum fault_stack {
    FAULT_STACK_GOOD,     /* the exception is about something else */
    FAULT_STACK_FULL,     /* it ended right there: a guard page */
    FAULT_STACK_UNMAPPED, /* there was none: rsp points where nothing is mapped, */
    FAULT_STACK_CONSTANT, /* ... or where nothing can be written */
};

/* What is worth remembering of an exception. */
struct fault {
    uint32_t vector;
    bool taken; /* false: there was none so far */
    enum fault_stack stack;
    uint64_t error, cr2, rip, cs, rsp;
};

struct fault_log {
    struct fault last;
    struct fault first; /* ... happened while the kernel dealt with this one, if that is taken */
    struct fault under_way;                /* passed to the kernel's handler */
    const struct trap_frame *under_way_at; /* ... with this frame */
};

/* The longest text of fault_describe(), its end included. */
#define FAULT_TEXT_MAX 192

/* From the other members, and from what is mapped now. May change CR2. */
enum fault_stack fault_stack(const struct fault *f);

/* An exception that is nobody's breakpoint or step was taken. CR2 is as it left it. */
void fault_taken(struct debugger_cpu *cpu, const struct trap_frame *frame);

/* The kernel's handler gets it, and has resolved it: a fault in between is nested in it. */
void fault_passed(struct debugger_cpu *cpu, const struct trap_frame *frame);
void fault_resolved(struct debugger_cpu *cpu, const struct trap_frame *frame);

/* "page fault: write to 0x0 at rip 0x1234 by the kernel: not mapped"; returns the length. */
size_t fault_describe(const struct fault *f, char *text, size_t size);

/* Tell a client that waits about the last one. */
void fault_tell(struct debugger_cpu *cpu);

/* monitor fault */
void fault_command(struct gdb *g, char *args);

#endif
