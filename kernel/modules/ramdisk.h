/* ramdisk.h: what the module ramdisk does for others: a disk that forgets. */
#ifndef MODULE_RAMDISK_H
#define MODULE_RAMDISK_H

#include <stdbool.h>
#include <stdint.h>

#include "module_header.h"

#define RAMDISK_BLOCK_SIZE 512

struct ramdisk_statistics {
    uint64_t reads, writes, refused;
};

/* False: there is no such block. */
MODULE_EXPORT bool ramdisk_read(uint32_t block, void *to);
MODULE_EXPORT bool ramdisk_write(uint32_t block, const void *from);

MODULE_EXPORT uint32_t ramdisk_blocks(void);
MODULE_EXPORT extern struct ramdisk_statistics ramdisk_statistics;

#endif
