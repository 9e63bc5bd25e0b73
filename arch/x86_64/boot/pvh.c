/*
 * pvh.c: the start info of the PVH boot protocol (Xen, public/arch-x86/hvm/start_info.h), as
 * QEMU's -kernel, Cloud Hypervisor and Firecracker hand it over.
 */
#include "boot/boot_info.h"

#define PVH_MAGIC 0x336ec578

struct pvh_start_info {
    uint32_t magic;
    uint32_t version; /* 1 and up: the memory map is there */
    uint32_t flags;
    uint32_t module_count;
    uint64_t modules;
    uint64_t command_line;
    uint64_t rsdp;
    uint64_t memory_map;
    uint32_t memory_map_entries;
    uint32_t reserved;
};

struct pvh_module {
    uint64_t address;
    uint64_t size;
    uint64_t command_line;
    uint64_t reserved;
};

struct pvh_memory {
    uint64_t address;
    uint64_t size;
    uint32_t type;
    uint32_t reserved;
};

static void read_modules(struct boot_info *boot, const struct pvh_start_info *info)
{
    const struct pvh_module *initrd = boot_pointer(info->modules, sizeof(*initrd));

    if (info->module_count > 0 && initrd != NULL)
        boot_set_initrd(boot, initrd->address, initrd->address + initrd->size);
}

static void read_memory_map(struct boot_info *boot, const struct pvh_start_info *info)
{
    uint64_t size = info->memory_map_entries * sizeof(struct pvh_memory);
    const struct pvh_memory *map = boot_pointer(info->memory_map, size);

    if (info->version < 1 || map == NULL)
        return;
    for (uint32_t i = 0; i < info->memory_map_entries; i++)
        boot_add_memory(boot, map[i].address, map[i].size, map[i].type);
}

void pvh_read(struct boot_info *boot, uint64_t address)
{
    const struct pvh_start_info *info = boot_pointer(address, sizeof(*info));

    if (info == NULL || info->magic != PVH_MAGIC)
        return;

    const char *command_line = boot_pointer(info->command_line, BOOT_COMMAND_LINE_MAX);

    if (command_line != NULL)
        boot_set_command_line(boot, command_line, BOOT_COMMAND_LINE_MAX);
    boot->rsdp = info->rsdp;
    read_modules(boot, info);
    read_memory_map(boot, info);
}
