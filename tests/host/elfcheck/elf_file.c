/* elf_file.c: a file in memory. */
#include "elf_file.h"

#include <stdio.h>
#include <stdlib.h>

#include "report.h"

uint8_t *elf_file_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    long length;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (length = ftell(file)) <= 0)
        give_up("%s cannot be read", path);
    *size = (size_t)length;
    bytes = malloc(*size);
    rewind(file);
    if (fread(bytes, 1, *size, file) != *size)
        give_up("%s cannot be read", path);
    fclose(file);
    return bytes;
}
