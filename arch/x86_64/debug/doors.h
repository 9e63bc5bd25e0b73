/*
 * doors.h: the ways in, other than an exception of the debuggee's own making.
 */
#ifndef TRAPLINE_DOORS_H
#define TRAPLINE_DOORS_H

#include "state.h"

/* What an NMI was. */
enum nmi_cause {
    NMI_NONE,   /* nothing to stop for: the watchdog's clock, or a byte that was read already */
    NMI_CLIENT, /* a client wants in */
    NMI_HANG,   /* the watchdog bites */
    NMI_OTHER,  /* not one of ours: a button, or broken hardware */
};

/* An NMI interrupted the debuggee. Reads the line; faults nowhere. */
enum nmi_cause door_nmi(void);

/*
 * The machine is about to run. A byte that the line got since the debugger read it last has raised
 * its NMI already, and no other will come: does a client want in again?
 */
bool door_calls_back(void);
bool door_has_bytes(void);

/* The same on a processor that is held while another one runs: by an interrupt, too. */
bool door_opens(void);

/* Stop here, with a signal; returns when a client resumes. */
void door_break(uint8_t signal);

/* monitor doors */
void door_command(struct gdb *g, char *args);

#endif
