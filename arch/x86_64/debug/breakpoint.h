/*
 * breakpoint.h: software breakpoints. While the machine is stopped memory holds none of them: they
 * are planted when it resumes and lifted when it stops, so every read is clean and every write is
 * the debuggee's.
 */
#ifndef TRAPLINE_BREAKPOINT_H
#define TRAPLINE_BREAKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target.h"

#ifndef DEBUGGER_BREAKPOINTS
#define DEBUGGER_BREAKPOINTS 64
#endif

struct software_breakpoint {
    uint64_t address;
    uint64_t space; /* whose that is: space.h */
    uint32_t hits;    /* that the client was told of */
    uint32_t passed;  /* ... that were of no interest, */
    uint32_t lifted;  /* ... and for which it had to be taken out */
    uint8_t original; /* the byte under it, while it is planted */
    uint8_t types;    /* for whom: bit GDB_BREAK_SOFTWARE, and bit GDB_BREAK_HARDWARE for want of
                       * a debug register; GDB_TRACEPOINT: to collect data */
    bool planted;
    bool waits; /* for memory, and the client was not told so far */
};

/*
 * Target operations, only while stopped. Inserting proves by a trial that planting will work; where
 * no memory is mapped a breakpoint waits for it. In the kernel's memory that can be turned off, and
 * tracepoints never do.
 */
struct gdb_error breakpoint_insert(uint64_t space, const struct gdb_breakpoint *what);
struct gdb_error breakpoint_remove(uint64_t space, const struct gdb_breakpoint *what);
extern bool breakpoint_may_wait;
void breakpoint_remove_all(void);

/* Room for n of them, which the embedder gives; those that there are move there. */
void breakpoint_use(struct software_breakpoint *memory, size_t n);

/* Around writes of theirs: read-only pages can be written to. The _open ones are for in between. */
uint64_t breakpoint_open(void);
void breakpoint_close(uint64_t open);
void breakpoint_plant_open(struct software_breakpoint *b);
void breakpoint_lift_open(struct software_breakpoint *b);

/* While the debuggee runs: take it out, for everybody. */
void breakpoint_forget(struct software_breakpoint *b);

/* Plant all but one (or NULL). */
void breakpoint_plant_all(const struct software_breakpoint *but);
void breakpoint_plant(struct software_breakpoint *b);
void breakpoint_lift(struct software_breakpoint *b);
void breakpoint_lift_all(void);

/* Memory is mapped where it is. */
bool breakpoint_mapped(const struct software_breakpoint *b);

/*
 * The breakpoint set at an address, planted or not, or NULL: in one space; in the one that a
 * processor has now; and the n-th of all, by address, for lists; and which n is the first that is
 * not below an address.
 */
struct software_breakpoint *breakpoint_at(uint64_t space, uint64_t address);
struct software_breakpoint *breakpoint_here(uint64_t address);
struct software_breakpoint *breakpoint_nth(size_t n);
size_t breakpoint_first(uint64_t address);

/* All of them in a row, for those who have to be quick. */
struct software_breakpoint *breakpoint_all(size_t *n);

#endif
