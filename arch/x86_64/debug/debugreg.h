/*
 * debugreg.h: hardware breakpoints and watchpoints in DR0-DR3 (Intel SDM vol. 3, 17.2).
 *
 * The registers are the debugger's. What the client asks for is cut into aligned pieces of 1, 2, 4
 * and 8 bytes, one register each: all of it finds room, or none. They are off while the debugger
 * runs: whatever it reads and writes for itself or its client triggers nothing.
 */
#ifndef TRAPLINE_DEBUGREG_H
#define TRAPLINE_DEBUGREG_H

#include "state.h"

#define DEBUGREG_COUNT 4
#define DEBUGREG_BYTES (8 * DEBUGREG_COUNT)

/* Bytes: what an exception pushes, and what its way to the debugger takes until they are off. */
#define DEBUGREG_WAY_STACK 512

/* Behind the protocol's types: an access to I/O ports. Its kind is a number of ports. */
#define DEBUGREG_PORT GDB_BREAKPOINT_TYPES

/* One thing that the client asked for. */
struct debugreg_request {
    struct gdb_breakpoint what;
    uint64_t space; /* whose access it is about: space.h */
    uint32_t hits;
    uint8_t before[DEBUGREG_BYTES]; /* a watchpoint's memory when the debuggee was last let go */
};

/* A debug register in use. */
struct debugreg_piece {
    uint64_t address;
    uint8_t size;
    uint8_t request; /* whose it is */
};

/* ---- debugreg.c: who has which register ---- */

/* As in target.h; and DEBUGREG_PORT. A text says which registers are in use by what. */
struct gdb_error debugreg_insert(uint64_t space, const struct gdb_breakpoint *what);
struct gdb_error debugreg_remove(uint64_t space, const struct gdb_breakpoint *what);
void debugreg_remove_all(void);

/* In which space there is such a request, SPACE_KERNEL if in none; and a space is no more. */
uint64_t debugreg_owner(const struct gdb_breakpoint *what);
void debugreg_space_gone(uint64_t space);

/* Requests 0, 1 ..., NULL behind the last; and the piece in register n, or NULL. */
struct debugreg_request *debugreg_nth(size_t n);
const struct debugreg_piece *debugreg_piece(unsigned n);
const char *debugreg_word(unsigned type); /* "execute", "write" ... */

bool debugreg_watches_ports(void);

/* It is about memory that is read or written. */
static inline bool debugreg_is_data(const struct gdb_breakpoint *what)
{
    return what->type >= GDB_WATCH_WRITE && what->type <= GDB_WATCH_ACCESS;
}

/* Pure: cut off the first piece of length bytes at an address, its size. */
unsigned debugreg_first_piece(uint64_t address, uint64_t length);

/* ---- debugreg_trap.c: on, off and what #DB means ---- */

enum debugreg_verdict {
    DEBUGREG_NONE,    /* no request of the client's has to do with this #DB */
    DEBUGREG_SILENT,  /* one has, but it is not what the client wants to see */
    DEBUGREG_STOP,    /* one has hit; the stop is filled in */
};

/*
 * A second #DB that came at the first instruction of the first one's handler: the first will see it
 * in DR6. Or one of an exception's way to the debugger, about its own stack. Leave at once.
 */
bool debugreg_is_echo(const struct trap_frame *frame);

/* From the debuggee into the debugger: all off, DR6 taken. Nothing if that was done already. */
void debugreg_disarm(struct debugger_cpu *cpu);

/* Back to the debuggee, which goes on at a frame that the processor has made. */
void debugreg_arm(struct debugger_cpu *cpu, struct trap_frame *frame);

/* A #DB is looked at. A step may be one that was made while another was still on its way here. */
void debugreg_read(struct debugger_cpu *cpu, bool is_step);

/* The client resumes the machine: note what lies under the watchpoints. */
void debugreg_note(void);

/* One goes on, at cpu->frame: before that frame is copied for the way out. */
void debugreg_pass(struct debugger_cpu *cpu);

/* is_step: if DR6 says a single step, that is one of the debugger's, not the program's own. */
enum debugreg_verdict debugreg_trapped(struct debugger_cpu *cpu, const struct trap_frame *frame,
                                       bool is_step, struct gdb_stop *stop);

/* ---- debugreg_stop.c: where a #DB stops ---- */

/*
 * Stops where the client has to hear of a debug register. True: it has not, and there is nothing
 * else to this trap. A watchpoint is reported rather than the step that it hit in.
 */
bool debugreg_only(struct debugger_cpu *cpu, struct trap_frame *frame, bool is_step);

/* DR6.BS, as it was found, is of a trap that the kernel was given before. */
bool debugreg_is_old(const struct debugger_cpu *cpu, const struct trap_frame *frame);

/* The kernel has dealt with an exception that was left to it. */
void debugreg_resolved(struct debugger_cpu *cpu, const struct trap_frame *frame);

/* ---- debugreg_trap.c again: for others ---- */

/* A hardware breakpoint, or a watchpoint, is set at this address. */
bool debugreg_executes(uint64_t address);
bool debugreg_watches(uint64_t address);

/*
 * A hardware breakpoint is set where this is, but not for the program that is here, or the client
 * was told of it an iteration before: the instruction is to go on.
 */
bool debugreg_is_silent(const struct debugger_cpu *cpu, const struct trap_frame *frame);

/*
 * Of data: which registers watch an access, a bit each; whether any does in its pages; whose memory
 * at or above an address has changed since debugreg_note(); and DR7 without them.
 */
unsigned debugreg_data_hits(uint64_t address, unsigned size, bool write);
bool debugreg_is_near(uint64_t address, unsigned size);
unsigned debugreg_changed(uint64_t from);
uint64_t debugreg_without_data(uint64_t dr7);

/* A write watchpoint hits only where the value has changed: monitor watch. */
extern bool debugreg_changed_only;

#endif
