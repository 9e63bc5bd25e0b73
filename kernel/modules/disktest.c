/* disktest.c: writes to every block of the ramdisk and reads it back, once, when it is loaded. */
#include <string.h>

#include "printk.h"
#include "ramdisk.h"

static uint32_t blocks_tested;

static void fill(uint8_t *block, uint32_t number)
{
    for (uint32_t i = 0; i < RAMDISK_BLOCK_SIZE; i++)
        block[i] = (uint8_t)(number * 7 + i);
}

static bool disktest_block(uint32_t number)
{
    uint8_t written[RAMDISK_BLOCK_SIZE], read[RAMDISK_BLOCK_SIZE];

    fill(written, number);
    if (!ramdisk_write(number, written) || !ramdisk_read(number, read) ||
        memcmp(written, read, sizeof(read)) != 0)
        return false;
    blocks_tested++;
    return true;
}

static int disktest_init(void)
{
    uint8_t block[RAMDISK_BLOCK_SIZE];

    for (uint32_t number = 0; number < ramdisk_blocks(); number++)
        if (!disktest_block(number))
            return -1;
    if (ramdisk_read(ramdisk_blocks(), block))
        return -2;
    printk("disktest: %u blocks are good\n", blocks_tested);
    return 0;
}

MODULE("a test of the ramdisk", disktest_init, NULL);
