/*
 * vectors.c: the exceptions, one row each, with the signal that a Unix user knows them by.
 */
#include "vectors.h"

#include <stddef.h>

#include "processor.h"
#include "target.h"

/* Signals as Linux gives them to a program (arch/x86: do_error_trap and its callers). */
static const struct vector_row rows[VECTOR_COUNT] = {
    [0] = {"de", "divide error", GDB_SIGFPE},
    [1] = {"db", "debug exception", GDB_SIGTRAP},
    [2] = {"nmi", "non-maskable interrupt", GDB_SIGINT}, /* somebody pressed the button */
    [3] = {"bp", "breakpoint", GDB_SIGTRAP},
    [4] = {"of", "overflow", GDB_SIGSEGV},
    [5] = {"br", "bound range exceeded", GDB_SIGSEGV},
    [6] = {"ud", "invalid opcode", GDB_SIGILL},
    [7] = {"nm", "device not available", GDB_SIGFPE},
    [8] = {"df", "double fault", GDB_SIGBUS},
    [10] = {"ts", "invalid TSS", GDB_SIGSEGV},
    [11] = {"np", "segment not present", GDB_SIGBUS},
    [12] = {"ss", "stack fault", GDB_SIGBUS},
    [13] = {"gp", "general protection fault", GDB_SIGSEGV},
    [14] = {"pf", "page fault", GDB_SIGSEGV},
    [16] = {"mf", "x87 floating point error", GDB_SIGFPE},
    [17] = {"ac", "alignment check", GDB_SIGBUS},
    [18] = {"mc", "machine check", GDB_SIGBUS},
    [19] = {"xm", "SIMD floating point error", GDB_SIGFPE},
    [20] = {"ve", "virtualization exception", GDB_SIGABRT},
    [21] = {"cp", "control protection exception", GDB_SIGSEGV},
    [28] = {"hv", "hypervisor injection exception", GDB_SIGABRT},
    [29] = {"vc", "VMM communication exception", GDB_SIGABRT},
    [30] = {"sx", "security exception", GDB_SIGABRT},
};

const struct vector_row *vector_row(unsigned vector)
{
    return vector < VECTOR_COUNT && rows[vector].name ? &rows[vector] : NULL;
}

uint8_t vector_signal(unsigned vector)
{
    const struct vector_row *row = vector_row(vector);

    return row ? row->signal : GDB_SIGABRT;
}

bool vector_is_fault(unsigned vector)
{
    return vector == VECTOR_DIVIDE || (vector >= 5 && vector <= 17 &&
                                       vector != VECTOR_DOUBLE_FAULT);
}
