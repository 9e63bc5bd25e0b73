/*
 * space_memory.h: in which space a breakpoint was that the client has taken out.
 *
 * gdb takes all of them out at each stop and puts them back before it goes on, with whatever thread
 * selected: they go back to where they were. It is forgotten when the client lets the machine run
 * without them.
 */
#ifndef TRAPLINE_SPACE_MEMORY_H
#define TRAPLINE_SPACE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "target.h"

void space_memory_note(uint64_t space, const struct gdb_breakpoint *what);

/* Where it was, which is forgotten thereby. False: it was nowhere. */
bool space_memory_recall(const struct gdb_breakpoint *what, uint64_t *space);

/* Where one belongs that is to be inserted; else why it belongs nowhere. */
const char *space_memory_place(gdb_tid thread, const struct gdb_breakpoint *what, uint64_t *space);

/* Whose it is that is set at this address; SPACE_KERNEL: nobody's. */
uint64_t space_memory_owner(const struct gdb_breakpoint *what);

void space_memory_forget(void);
bool space_memory_any(void);
void space_memory_gone(uint64_t space);

#endif
