/*
 * machine.h: a machine made up for the tests: a target whose every byte is known.
 *
 * Threads 1 and 2 (more on request; 3 is the first that does not exist). Register bytes count up
 * through the table, so that no two are alike: byte k of thread 1's register file is k, of thread
 * 2's 0x80 + k. Every thread sees the same memory; its byte at an address is the address's lowest.
 *     0x1000 .. 0x2fff       read and write, from 0x2000 on for clients to allocate
 *     0x4000 .. 0x4fff       read only
 *     0x100000 .. 0x10ffff   read only, 64 KiB, with a needle (MACHINE_NEEDLE) in it
 *     the last 4 KiB         read and write
 *
 * Its files: "kernel.elf", 20000 bytes that count up; "note", a line; "dir/none", empty; "bad",
 * of 8 bytes that cannot be read; and "core", the note again, of a version that changes.
 */
#ifndef HOST_MACHINE_H
#define HOST_MACHINE_H

#include "gdbstub.h"

enum {
    MACHINE_PAGE = 0x1000,
    MACHINE_RAM = 0x1000,
    MACHINE_RAM_SIZE = 2 * MACHINE_PAGE,
    MACHINE_ROM = 0x4000,
    MACHINE_BIG = 0x100000,
    MACHINE_BIG_SIZE = 0x10000,
    MACHINE_BREAKPOINTS = 16, /* of which tracepoints are each hit once when the machine goes on */
    MACHINE_SCRATCH = 4,
    MACHINE_REGISTERS = 11,
    MACHINE_REGISTER_BYTES = 90,
};
#define MACHINE_TOP 0xfffffffffffff000ull
#define MACHINE_NEEDLE "needle#$}*"
#define MACHINE_NEEDLE_AT (MACHINE_BIG + 2 * 0x4000 - 4) /* astride the pieces a search works in */

/* What tests compare to see that nothing happened that should not. */
struct machine_state {
    uint8_t registers[2][MACHINE_REGISTER_BYTES];
    uint8_t ram[MACHINE_RAM_SIZE];
    uint8_t top[MACHINE_PAGE];
    struct gdb_breakpoint breakpoints[MACHINE_BREAKPOINTS];
    gdb_tid breakpoint_threads[MACHINE_BREAKPOINTS];
    uint32_t breakpoint_count;
    uint8_t scratch[MACHINE_SCRATCH]; /* 1: allocated, 2: for code */
    uint32_t resumes, detaches, monitors;
};

struct machine {
    struct gdb_target target; /* tests may take operations out of it */
    struct machine_state state;
    gdb_tid thread_count;
    struct gdb_action actions[GDB_ACTIONS_MAX]; /* of the last resume */
    size_t action_count;
    bool refuse_resume;
    bool no_sleepers; /* thread 2 cannot run unless all do */
    const char *file; /* what it runs, or NULL */
    size_t library_count; /* at most 2 */
    uint8_t agents[256 + 8]; /* conditions, and buckets of them */
    _Alignas(8) uint8_t trace[0x4000]; /* tracepoints and what they collect */

    /* What the stub put on the line. */
    uint8_t *out;
    size_t out_length, out_size;
};

void machine_init(struct machine *m);
void machine_free(struct machine *m);
/* A register as it lies in state, or NULL. */
uint8_t *machine_register(struct machine *m, gdb_tid thread, unsigned regnum, size_t *n);

#endif
