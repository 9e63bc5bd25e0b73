/*
 * boot_info.h: what the boot loader told us, in one form for all of them, copied out of its memory.
 */
#ifndef KERNEL_BOOT_INFO_H
#define KERNEL_BOOT_INFO_H

/* Who called: boot.S passes one of these to boot_main(). */
#define BOOT_PVH        1
#define BOOT_MULTIBOOT2 2

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOT_COMMAND_LINE_MAX 2048
#define BOOT_RANGES_MAX       128

/* The numbers are ACPI's (15.0 "System Address Map Interfaces"); both protocols use them as is. */
enum memory_type {
    MEMORY_USABLE = 1,
    MEMORY_RESERVED = 2,
    MEMORY_ACPI_TABLES = 3,
    MEMORY_ACPI_NVS = 4,
    MEMORY_BAD = 5,
};

/* Physical, end excluded; ranges come as the firmware gave them: unsorted, they may overlap. */
struct memory_range {
    uint64_t start, end;
    enum memory_type type;
};

struct boot_info {
    const char *protocol; /* "PVH", "multiboot2" */
    char command_line[BOOT_COMMAND_LINE_MAX];
    bool command_line_cut; /* it was longer */
    struct memory_range memory[BOOT_RANGES_MAX];
    size_t memory_count;
    size_t memory_lost;                /* ranges that found no room */
    uint64_t rsdp; /* physical address of firmware's table of tables, or of a copy; 0: not told */
    uint64_t initrd_start, initrd_end; /* physical; equal if there is none */
};

/* For the readers of the protocols: add what they found. The text ends at a zero or at limit. */
void boot_set_command_line(struct boot_info *boot, const char *text, size_t limit);
void boot_set_initrd(struct boot_info *boot, uint64_t start, uint64_t end); /* the first stays */
void boot_add_memory(struct boot_info *boot, uint64_t start, uint64_t size, uint32_t type);

/* All that the loader left, in a structure of our own; again from the start each time. */
const struct boot_info *boot_read(uint32_t protocol, uint32_t info);

/* A loader's structure, or NULL if the early page tables do not reach it. */
const void *boot_pointer(uint64_t physical, uint64_t size);

/* They leave boot as it is, without any memory, if info is not what the protocol promises. */
void pvh_read(struct boot_info *boot, uint64_t info);
void multiboot2_read(struct boot_info *boot, uint64_t info);

#endif
#endif
