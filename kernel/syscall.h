/* syscall.h: the kernel's side of syscall_numbers.h. */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include "frame.h"

/* "int $0x80" ends here as well from now on. */
void syscall_init(void);

/* syscall.S calls it with interrupts off, and leaves through the frame, which is ring 3's. */
void syscall_dispatch(struct trap_frame *frame);

#endif
