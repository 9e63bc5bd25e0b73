/*
 * space.h: the lower half of the address space, which each user program has its own of. The upper
 * half is the kernel's, and the same in all.
 *
 * A space is known by the page that its top table is in. Memory in it is reached through its tables
 * and the embedder's mapping of physical memory, never by loading CR3: its tables may be garbage,
 * or about to be freed. Without debugger_config.own_page all memory is the kernel's.
 */
#ifndef TRAPLINE_SPACE_H
#define TRAPLINE_SPACE_H

#include "state.h"

#define SPACE_KERNEL 0ull /* the address is the same for all */
#define SPACE_GONE   1ull /* of a program that has ended: nothing is there, nothing hits there */

/* Whose an address is: to who runs on a processor; to a thread; with cr3 loaded. */
uint64_t space_here(uint64_t address);
uint64_t space_on(const struct debugger_cpu *cpu, uint64_t address);
uint64_t space_of_thread(gdb_tid thread, uint64_t address);
uint64_t space_with(uint64_t cr3, uint64_t address);

/* ... and to the client: the process that it has chosen, else the thread. */
uint64_t space_meant(gdb_tid thread, uint64_t address);

/* It is a process's: nothing that the debugger depends on is in there. */
bool space_is_programs(uint64_t space);

/*
 * As safe_copy.h, in a space. Pages that others have as well are copied before they are written,
 * so that only this space changes.
 */
size_t space_read(uint64_t space, void *to, uint64_t address, size_t n);
size_t space_write(uint64_t space, uint64_t address, const void *from, size_t n);

/* A byte, for all who have that page: what was written while only one had it. */
void space_restore(uint64_t space, uint64_t address, uint8_t byte);

/*
 * The page at an address is nobody else's from now on. NULL, or why that cannot be. *mapped: there
 * is one.
 */
const char *space_own(uint64_t space, uint64_t address, bool *mapped);

/* A processor is about to leave: what it remembers of tables that were changed is forgotten. */
void space_settle(struct debugger_cpu *cpu);

#endif
