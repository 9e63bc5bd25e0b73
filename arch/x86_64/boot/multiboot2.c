/*
 * multiboot2.c: the boot information of multiboot2 (specification 2.0, 3.6), as GRUB hands it over:
 * a list of tags, each padded to 8 bytes.
 */
#include "boot/boot_info.h"

#include "mm/layout.h"

struct information {
    uint32_t total_size;
    uint32_t reserved;
};

struct tag {
    uint32_t type;
    uint32_t size; /* with this header, without the padding */
};

enum {
    TAG_END = 0,
    TAG_COMMAND_LINE = 1,
    TAG_MODULE = 3,
    TAG_MEMORY_MAP = 6,
    TAG_ACPI_OLD = 14, /* a copy of the RSDP, of revision 0 */
    TAG_ACPI_NEW = 15, /* ... and of later ones */
};

struct module_tag {
    struct tag tag;
    uint32_t start, end; /* physical */
    char command_line[];
};

struct memory_entry {
    uint64_t address;
    uint64_t size;
    uint32_t type;
    uint32_t reserved;
};

struct memory_map_tag {
    struct tag tag;
    uint32_t entry_size; /* later versions may have longer entries */
    uint32_t entry_version;
};

static void read_memory_map(struct boot_info *boot, const struct memory_map_tag *map)
{
    const uint8_t *next = (const uint8_t *)(map + 1);
    const uint8_t *end = (const uint8_t *)map + map->tag.size;

    if (map->entry_size < sizeof(struct memory_entry))
        return;
    for (; next + sizeof(struct memory_entry) <= end; next += map->entry_size) {
        const struct memory_entry *entry = (const struct memory_entry *)next;

        boot_add_memory(boot, entry->address, entry->size, entry->type);
    }
}

static void read_tag(struct boot_info *boot, const struct tag *tag)
{
    const struct module_tag *module = (const struct module_tag *)tag;

    switch (tag->type) {
    case TAG_COMMAND_LINE:
        boot_set_command_line(boot, (const char *)(tag + 1), tag->size - sizeof(*tag));
        break;
    case TAG_MODULE:
        if (tag->size >= sizeof(*module))
            boot_set_initrd(boot, module->start, module->end);
        break;
    case TAG_ACPI_OLD:
    case TAG_ACPI_NEW:
        boot->rsdp = virtual_to_physical(tag + 1);
        break;
    case TAG_MEMORY_MAP:
        if (tag->size >= sizeof(struct memory_map_tag))
            read_memory_map(boot, (const struct memory_map_tag *)tag);
        break;
    }
}

void multiboot2_read(struct boot_info *boot, uint64_t address)
{
    const struct information *information = boot_pointer(address, sizeof(*information));

    if (information == NULL || boot_pointer(address, information->total_size) == NULL)
        return;

    const uint8_t *next = (const uint8_t *)(information + 1);
    const uint8_t *end = (const uint8_t *)information + information->total_size;

    while (next + sizeof(struct tag) <= end) {
        const struct tag *tag = (const struct tag *)next;

        if (tag->type == TAG_END || tag->size < sizeof(*tag) || tag->size > (size_t)(end - next))
            break;
        read_tag(boot, tag);
        next += (tag->size + 7) & ~7ul;
    }
}
