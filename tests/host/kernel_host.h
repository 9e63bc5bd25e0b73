/* kernel_host.h: what the kernel's parts need of a kernel, on the host. */
#ifndef KERNEL_HOST_H
#define KERNEL_HOST_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "boot/boot_info.h"

/* Everything that printk said since it was emptied. */
extern char host_log[4096];

extern jmp_buf host_panic_exit;
extern bool host_panic_expected;
extern char host_panic_text[256];

/* statement panics, and says what in host_panic_text. */
#define CHECK_PANIC(statement)                                                                     \
    do {                                                                                           \
        host_panic_expected = true;                                                                \
        if (setjmp(host_panic_exit) == 0) {                                                        \
            statement;                                                                             \
            test_fail("no panic: " #statement);                                                    \
        }                                                                                          \
        host_panic_expected = false;                                                               \
    } while (0)

/* The next of a fixed sequence of random numbers, below limit. */
uint32_t host_random(uint32_t limit);

/* A machine with a usual memory map, all of it in host_memory, and its page allocator started. */
const struct boot_info *host_boot(void);

#endif
