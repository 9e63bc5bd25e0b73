/*
 * events.h: which exceptions stop the machine, and when.
 */
#ifndef TRAPLINE_EVENTS_H
#define TRAPLINE_EVENTS_H

#include <stdint.h>

#include "frame.h"

struct gdb;

enum event_policy {
    EVENT_FIRST,  /* stop before the kernel's own handler sees it */
    EVENT_SECOND, /* stop if that handler cannot resolve it */
    EVENT_NOTIFY, /* a line for a client that waits; the kernel deals with it */
    EVENT_IGNORE, /* the kernel deals with it */
};

/*
 * The kernel's all stop first but for these (bit n: vector n), which it can resolve: second. Those
 * of programs in ring 3 are left to the kernel, whose programs they are.
 */
void event_init(uint32_t second_chance);

/* Of the exception with this vector in the code that the frame interrupts. */
enum event_policy event_policy(const struct trap_frame *frame, unsigned vector);

/*
 * A client has sent a program to this address. gdb calls the kernel's malloc() for a string in an
 * expression, lldb any function: a page fault there, in ring 3, is told to who has caused it.
 */
void event_sent_to(uint64_t rip);

/* monitor catch */
void event_command(struct gdb *g, char *args);

#endif
