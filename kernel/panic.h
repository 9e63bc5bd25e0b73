/* panic.h: the end, and why. */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

struct trap_frame;

/*
 * Print "panic: ..." and stop: in the debugger if it serves, then for ever, or with panic=exit by
 * leaving QEMU with exit code PANIC_EXIT_STATUS * 2 + 1. Can be called from anywhere.
 */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with the registers of a trap that cannot be resolved. */
_Noreturn void panic_at(const struct trap_frame *frame, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define PANIC_EXIT_STATUS 1

#endif
