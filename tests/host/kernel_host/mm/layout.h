/* layout.h on the host: physical memory is an array, and the kernel image a part of it. */
#ifndef KERNEL_LAYOUT_H
#define KERNEL_LAYOUT_H

#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  0x1000

#define HOST_MEMORY 0x2000000
extern uint8_t host_memory[HOST_MEMORY];

#define KERNEL_VMA    0xffffffff80000000
#define DIRECT_MAP    0xffff800000000000
#define DEVICE_MAP    0xffffff0000000000
#define BOOT_MAP_SIZE HOST_MEMORY

#define __kernel_start (host_memory + 0x100000)
#define __kernel_end   (host_memory + 0x1a0000)

static inline void *physical_to_virtual(uint64_t physical)
{
    return host_memory + physical;
}

static inline uint64_t virtual_to_physical(const void *pointer)
{
    return (uint64_t)((const uint8_t *)pointer - host_memory);
}

#endif
