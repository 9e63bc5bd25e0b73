/* image.h: the ELF file as its loader sees it: bytes at addresses, symbols, segments. */
#ifndef ELFCHECK_IMAGE_H
#define ELFCHECK_IMAGE_H

#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbol {
    const char *name;
    uint64_t address, size;
    uint8_t type; /* STT_* */
};

struct image {
    Elf *elf;
    uint8_t *bytes; /* the file; the caller's */
    size_t size;
    GElf_Phdr *segments;
    size_t segment_count;
    struct symbol *symbols; /* by address */
    size_t symbol_count;
};

struct range {
    uint64_t start, end; /* the end is not in it */
};

void image_open(struct image *image, uint8_t *bytes, size_t size);
void image_close(struct image *image);

/* The n bytes of the file that are loaded at address; NULL if it has none there. */
uint8_t *image_at(const struct image *image, uint64_t address, size_t n);
bool image_word(const struct image *image, uint64_t address, uint64_t *word);
bool image_loaded(const struct image *image, uint64_t address); /* or is zero at first */
bool image_executable(const struct image *image, uint64_t address);

/* The named section's bytes in the file; NULL if there is none. */
uint8_t *image_section(const struct image *image, const char *name, size_t *size);

const struct symbol *image_symbol(const struct image *image, const char *name);
/* Gives up if there is none. */
uint64_t image_address(const struct image *image, const char *name);
/* From the symbol NAME_start to the symbol NAME_end. */
struct range image_range(const struct image *image, const char *name);

/* "trap_entry+0x12", for a message; valid until the fourth call from here. */
const char *image_place(const struct image *image, uint64_t address);

static inline bool in_range(struct range range, uint64_t address)
{
    return address >= range.start && address < range.end;
}

#endif
