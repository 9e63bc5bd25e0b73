/*
 * instructions.h on the host: what paging.c needs, counted; an interrupt flag; locks that nobody
 * else can hold; and a GS that threads_world.c moves from one pretended CPU to the next.
 */
#ifndef KERNEL_INSTRUCTIONS_H
#define KERNEL_INSTRUCTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RFLAGS_IF (1u << 9)

extern unsigned host_invalidated;
extern bool host_interrupts;
extern const void *host_gs;

static inline void invalidate_page(uint64_t address)
{
    (void)address;
    host_invalidated++;
}

static inline bool interrupts_save(void)
{
    bool enabled = host_interrupts;

    host_interrupts = false;
    return enabled;
}

static inline void interrupts_restore(bool enabled)
{
    host_interrupts = enabled;
}

static inline void cpu_relax(void)
{
    abort(); /* a lock is held that nobody will release */
}

static inline uint64_t read_gs(uint64_t offset)
{
    uint64_t value;

    memcpy(&value, (const uint8_t *)host_gs + offset, sizeof(value));
    return value;
}

#endif
