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
 * An NMI for the line came while the debugger could not attend to it, and the byte that raised it
 * may still be there: no other NMI will come for it. Look again after the debuggee's next
 * instruction. Call it when cpu->exit is made, and from such an NMI.
 */
void door_look_again(struct debugger_cpu *cpu);

/* A step, or a look as above, has trapped: does a client want in? */
bool door_looked_again(struct debugger_cpu *cpu);

/* monitor doors */
void door_command(struct gdb *g, char *args);

#endif
