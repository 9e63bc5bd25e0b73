/*
 * vectors.c: exceptions as signals, the way a Unix user knows them.
 */
#include "vectors.h"

#include "processor.h"
#include "target.h"

static const uint8_t signals[VECTOR_COUNT] = {
    [0] = GDB_SIGFPE,   /* #DE divide error */
    [1] = GDB_SIGTRAP,  /* #DB debug */
    [2] = GDB_SIGINT,   /* NMI: somebody pressed the button */
    [3] = GDB_SIGTRAP,  /* #BP breakpoint */
    [4] = GDB_SIGSEGV,  /* #OF overflow, as Linux has it */
    [5] = GDB_SIGSEGV,  /* #BR bound range */
    [6] = GDB_SIGILL,   /* #UD invalid opcode */
    [7] = GDB_SIGFPE,   /* #NM device not available */
    [8] = GDB_SIGBUS,   /* #DF double fault */
    [10] = GDB_SIGSEGV, /* #TS invalid TSS */
    [11] = GDB_SIGBUS,  /* #NP segment not present */
    [12] = GDB_SIGBUS,  /* #SS stack segment */
    [13] = GDB_SIGSEGV, /* #GP general protection */
    [14] = GDB_SIGSEGV, /* #PF page fault */
    [16] = GDB_SIGFPE,  /* #MF x87 */
    [17] = GDB_SIGBUS,  /* #AC alignment */
    [18] = GDB_SIGBUS,  /* #MC machine check */
    [19] = GDB_SIGFPE,  /* #XM SIMD */
    [21] = GDB_SIGSEGV, /* #CP control protection */
};

uint8_t vector_signal(unsigned vector)
{
    return vector < VECTOR_COUNT && signals[vector] ? signals[vector] : GDB_SIGABRT;
}
