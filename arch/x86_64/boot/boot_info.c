/*
 * boot_info.c: the first C of the kernel. Turns what the boot loader left behind into a boot_info
 * of our own; after that nothing of the loader's memory is needed but the initrd.
 */
#include "boot/boot_info.h"

#include <string.h>

#include "mm/layout.h"
#include "start.h"

static struct boot_info boot_info;

_Noreturn void boot_main(uint32_t protocol, uint32_t info);

const void *boot_pointer(uint64_t physical, uint64_t size)
{
    if (physical == 0 || physical >= BOOT_MAP_SIZE || size > BOOT_MAP_SIZE - physical)
        return NULL;
    return physical_to_virtual(physical);
}

void boot_set_command_line(struct boot_info *boot, const char *text, size_t limit)
{
    size_t length = 0;

    while (length < limit && text[length] != '\0' && length < BOOT_COMMAND_LINE_MAX - 1) {
        boot->command_line[length] = text[length];
        length++;
    }
    boot->command_line[length] = '\0';
    boot->command_line_cut = length < limit && text[length] != '\0';
}

void boot_set_initrd(struct boot_info *boot, uint64_t start, uint64_t end)
{
    if (boot->initrd_end != 0 || end <= start)
        return;
    boot->initrd_start = start;
    boot->initrd_end = end;
}

void boot_add_memory(struct boot_info *boot, uint64_t start, uint64_t size, uint32_t type)
{
    if (size == 0 || start + size < start)
        return;
    if (boot->memory_count == BOOT_RANGES_MAX) {
        boot->memory_lost++;
        return;
    }
    boot->memory[boot->memory_count++] = (struct memory_range){
        .start = start,
        .end = start + size,
        .type = type >= MEMORY_USABLE && type <= MEMORY_BAD ? type : MEMORY_RESERVED,
    };
}

const struct boot_info *boot_read(uint32_t protocol, uint32_t info)
{
    memset(&boot_info, 0, sizeof(boot_info));
    if (protocol == BOOT_PVH) {
        boot_info.protocol = "PVH";
        pvh_read(&boot_info, info);
    } else {
        boot_info.protocol = "multiboot2";
        multiboot2_read(&boot_info, info);
    }
    return &boot_info;
}

void boot_main(uint32_t protocol, uint32_t info)
{
    kernel_start(boot_read(protocol, info));
}
