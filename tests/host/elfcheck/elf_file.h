/* elf_file.h: a file in memory. */
#ifndef ELFCHECK_ELF_FILE_H
#define ELFCHECK_ELF_FILE_H

#include <stddef.h>
#include <stdint.h>

/* All bytes, to be freed; gives up if there are none. */
uint8_t *elf_file_read(const char *path, size_t *size);

#endif
