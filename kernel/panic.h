/* panic.h: the end, and why. */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include <stdbool.h>

struct trap_frame;

/*
 * Print "panic: ..." and stop in the debugger; then, or if none is attached, do as panic= says:
 * with panic=exit QEMU ends with exit code PANIC_EXIT_STATUS * 2 + 1. Can be called from anywhere.
 */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with the registers of a trap that cannot be resolved. */
_Noreturn void panic_at(const struct trap_frame *frame, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What panic= says. Returns if the machine is still on, and a debugger may come to look at it. */
void panic_act(void);

/* A debugger may come: the line is its. */
bool panic_waits(void);

#define PANIC_EXIT_STATUS 1

#endif
