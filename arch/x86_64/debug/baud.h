/*
 * baud.h: another rate for the line, tried out: unless the client follows, it is as it was.
 */
#ifndef TRAPLINE_BAUD_H
#define TRAPLINE_BAUD_H

struct gdb;

/* Unless it is steady, baud_poll() is to be called for every byte that is looked for. */
extern enum baud_state {
    BAUD_STEADY,
    BAUD_AGREED, /* the client has been told; not all has been said at the old rate */
    BAUD_TRIED,  /* the line has its new rate, the client may or may not follow */
} baud_state;
void baud_poll(void);

/* monitor baud */
void baud_command(struct gdb *g, char *args);

#endif
