/* ramdisk.c: blocks in memory, made when they are written to first. */
#include "ramdisk.h"

#include <stddef.h>
#include <string.h>

#include "kmalloc.h"
#include "printk.h"

#define BLOCKS 128

struct ramdisk_statistics ramdisk_statistics;

static uint8_t *blocks[BLOCKS]; /* NULL: never written, reads as zeros */

uint32_t ramdisk_blocks(void)
{
    return BLOCKS;
}

/* NULL: there is no such block, or no memory for it. */
static uint8_t *make_block(uint32_t block)
{
    if (block >= BLOCKS)
        return NULL;
    if (blocks[block] == NULL)
        blocks[block] = kcalloc(1, RAMDISK_BLOCK_SIZE);
    return blocks[block];
}

bool ramdisk_read(uint32_t block, void *to)
{
    if (block >= BLOCKS) {
        ramdisk_statistics.refused++;
        return false;
    }
    ramdisk_statistics.reads++;
    if (blocks[block] != NULL)
        memcpy(to, blocks[block], RAMDISK_BLOCK_SIZE);
    else
        memset(to, 0, RAMDISK_BLOCK_SIZE);
    return true;
}

bool ramdisk_write(uint32_t block, const void *from)
{
    uint8_t *memory = make_block(block);

    if (memory == NULL) {
        ramdisk_statistics.refused++;
        return false;
    }
    ramdisk_statistics.writes++;
    memcpy(memory, from, RAMDISK_BLOCK_SIZE);
    return true;
}

static int ramdisk_init(void)
{
    memset(&ramdisk_statistics, 0, sizeof(ramdisk_statistics));
    printk("ramdisk: %u blocks of %u bytes\n", BLOCKS, RAMDISK_BLOCK_SIZE);
    return 0;
}

static void ramdisk_exit(void)
{
    for (uint32_t block = 0; block < BLOCKS; block++)
        kfree(blocks[block]);
    printk("ramdisk: %lu reads, %lu writes, %lu refused\n", ramdisk_statistics.reads,
           ramdisk_statistics.writes, ramdisk_statistics.refused);
}

MODULE("a disk in memory", ramdisk_init, ramdisk_exit);
