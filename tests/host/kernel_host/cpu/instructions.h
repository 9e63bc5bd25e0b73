/* instructions.h on the host: what paging.c needs, counted; and locks that nobody else can hold. */
#ifndef KERNEL_INSTRUCTIONS_H
#define KERNEL_INSTRUCTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

extern unsigned host_invalidated;

static inline void invalidate_page(uint64_t address)
{
    (void)address;
    host_invalidated++;
}

static inline bool interrupts_save(void)
{
    return true;
}

static inline void interrupts_restore(bool enabled)
{
    (void)enabled;
}

static inline void cpu_relax(void)
{
    abort(); /* a lock is held that nobody will release */
}

#endif
