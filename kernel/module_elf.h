/*
 * module_elf.h: a module's file, an ELF shared object: what it says of itself, checked before any
 * of it is used. Pure: no memory is allocated, nothing but the file is read.
 */
#ifndef KERNEL_MODULE_ELF_H
#define KERNEL_MODULE_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODULE_SPAN_MAX     0x1000000 /* 16 MiB, from its first page to its last */
#define MODULE_SEGMENTS_MAX 8
#define MODULE_NEEDED_MAX   8

/* Addresses are as linked; where the module lies, the bias is added to them. */
struct module_segment {
    uint64_t address;
    uint64_t file_size, memory_size; /* what the file does not have is zero */
    const uint8_t *data;
    bool write, execute;
};

/* size bytes of the file: a table. */
struct module_table {
    const uint8_t *data;
    size_t size;
};

struct module_elf {
    const uint8_t *file;
    size_t size;

    struct module_segment segments[MODULE_SEGMENTS_MAX]; /* ascending, no page in two of them */
    size_t segment_count;
    uint64_t start, end;               /* whole pages: all of it */
    uint64_t sealed_start, sealed_end; /* whole pages: not to be written to once it is linked */

    struct module_table strings; /* ends in a zero byte */
    struct module_table symbols;
    struct module_table relocations, jumps;
    const char *needed[MODULE_NEEDED_MAX]; /* files of the modules that it depends on */
    size_t needed_count;
    struct module_table build_id; /* data NULL: it has none */

    char problem[128]; /* why it is refused */
};

/* Read and check all there is. False: see elf->problem. The file must stay while elf is used. */
bool module_elf_read(struct module_elf *elf, const void *file, size_t size);

/* Write elf->problem; returns false, for the caller to return. */
bool module_elf_refuse(struct module_elf *elf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The linked address of a symbol that the module defines for others. False: there is none. */
bool module_elf_symbol(const struct module_elf *elf, const char *name, uint64_t *address);

/* The segment in which size bytes of memory at a linked address lie wholly, or NULL. */
const struct module_segment *module_elf_segment(const struct module_elf *elf, uint64_t address,
                                                uint64_t size);

/*
 * All its symbols, not only those that it defines for others: the file's .symtab, and the names in
 * its string table. False: it was stripped of them, or they are cut off.
 */
bool module_elf_all_symbols(const struct module_elf *elf, struct module_table *symbols,
                            struct module_table *strings);

/* A name in the table of strings; NULL if it does not lie within. */
const char *module_elf_string(const struct module_elf *elf, uint64_t offset);

#endif
