/* demo_host.h: what the demo needs of a kernel, on the host. */
#ifndef DEMO_HOST_H
#define DEMO_HOST_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

/* kmalloc() fails once, when this many calls have succeeded; -1: never. */
extern int host_allocations_left;
extern long host_allocated; /* blocks that are not freed yet */

/* With a place to go, a panic goes there and leaves its text; without, it ends the test. */
extern jmp_buf *host_panic_exit;
extern char host_panic_text[256];

extern unsigned host_printed; /* lines by printk */

/* The next of a fixed sequence of random numbers, below limit. */
uint32_t host_random(uint32_t limit);

#endif
