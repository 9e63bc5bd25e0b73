/*
 * syscall.h: between ring 3 and the kernel. SYSCALL and "int $0x80" both end in the one function
 * that syscall_init() is given, with the same frame.
 */
#ifndef KERNEL_SYSCALL_ENTRY_H
#define KERNEL_SYSCALL_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

/* The registers of ring 3 that SYSCALL needs, of this CPU. */
void syscall_load(void);

/* Go to ring 3 as the frame says, which lies on the current thread's stack: FRAME_SWAPGS is set. */
_Noreturn void user_enter(struct trap_frame *frame);

/*
 * Copy n bytes from or to a program's memory, whatever is there. Returns how many were not copied
 * because nothing is mapped at the first of them and nothing can be. Interrupts must be on.
 */
size_t user_read(void *to, uint64_t from, size_t n);
size_t user_write(uint64_t to, const void *from, size_t n);

/* Is this where these two touch memory? */
bool user_copy_at(const struct trap_frame *frame);

/* A page fault that cannot be resolved: true if it was there; then they end. */
bool user_copy_failed(struct trap_frame *frame);

#endif
