/*
 * elf_load.h: what a static ELF64 executable wants to have where. Only reads the file; it may hold
 * anything at all.
 */
#ifndef KERNEL_ELF_LOAD_H
#define KERNEL_ELF_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_SEGMENTS_MAX 8

/* [start, end) in whole pages; the file's bytes go to [data_start, data_end), the rest is 0. */
struct elf_segment {
    uint64_t start, end;
    uint64_t data_start, data_end;
    const uint8_t *data;
    bool write, execute;
};

struct elf_image {
    uint64_t entry;
    struct elf_segment segments[ELF_SEGMENTS_MAX]; /* upwards, not overlapping */
    size_t count;
};

/*
 * Fill in *image. Segments have to lie in [low, high), whole pages both. Returns NULL, or one
 * line that says what is wrong with the file.
 */
const char *elf_read(struct elf_image *image, const void *file, size_t size, uint64_t low,
                     uint64_t high);

#endif
