/*
 * line.h: the serial line with the protocol core on it.
 */
#ifndef TRAPLINE_LINE_H
#define TRAPLINE_LINE_H

#include "debugger.h"
#include "gdbstub.h"

/* The core's state for the one line there is. */
extern struct gdb debugger_gdb;

/* Returns NULL, or why there is no such line. */
const char *line_init(const struct debugger_config *config);

bool line_is_uart(void); /* uart_line.h's */

bool line_is_fast(void); /* see debugger_transport.fast */

/* Between two bytes: what waits of a packet goes to the core at once, where the line has it. */
void line_skim(void);

int line_receive(void); /* next byte, -1 if none waits */

/* After each look at the line by who has nothing else to do: wait, if it is silent for long. */
void line_rest(bool is_silent);

/* See debugger_transport.alert. */
bool line_alert(bool on);

/* While a command runs: an 0x03 waits, and is taken. What else comes first stays. */
bool line_interrupted(void);

bool line_packet_waits(void); /* that is the beginning of a packet */

void line_send(const void *bytes, size_t n);

/* For this processor alone, until it is freed: before the others are stopped. */
void line_seize(void);
void line_free(void);

/* While the debuggee runs: feed what waits to the core. True: a client wants it to stop. */
bool line_wants_in(void);

/*
 * That was true, and the client is not yet served. In between nobody else is to look: what he takes
 * of the packet that comes next is dropped at the stop.
 */
extern volatile bool line_called;

/* A byte may wait. Takes nothing. */
bool line_pending(void);

/* Somebody wanted to look at the line while it was in use, since this was asked last. */
bool line_missed(void);

/* Console text for a client that waits; false if there is none. */
bool line_console(const char *text, size_t n);

#endif
