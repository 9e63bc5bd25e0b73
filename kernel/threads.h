/* threads.h: the first threads of each CPU. */
#ifndef KERNEL_THREADS_H
#define KERNEL_THREADS_H

#include "thread.h"

/* What has run so far, on the boot stack, becomes thread 1, "main". After memory_init(). */
void threads_init(void);

/* The idle thread of a CPU, not launched: it is what the CPU does first. Panics without memory. */
struct thread *threads_make_idle(unsigned cpu);

#endif
