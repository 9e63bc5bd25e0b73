/* initrd.c: the members of a cpio archive of the "newc" form (cpio(5)), one after the other. */
#include "initrd.h"

#include <string.h>

#define MAGIC   "070701"
#define TRAILER "TRAILER!!!"

/* Text: the magic, then 13 numbers of 8 hex digits; the name follows, then the data. */
struct member {
    char magic[6];
    char numbers[13][8];
};
enum { FILE_SIZE = 6, NAME_SIZE = 11 };

static const char *archive;
static size_t archive_size;

void initrd_init(const struct boot_info *boot)
{
    uint64_t size = boot->initrd_end - boot->initrd_start;

    archive = boot_pointer(boot->initrd_start, size);
    archive_size = archive != NULL ? size : 0;
}

/* False for anything that is no digit. */
static bool read_number(const char *digits, size_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < 8; i++) {
        char c = digits[i] | 0x20;

        if (digits[i] >= '0' && digits[i] <= '9')
            *value = *value << 4 | (size_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            *value = *value << 4 | (size_t)(c - 'a' + 10);
        else
            return false;
    }
    return true;
}

static size_t align4(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

/* The member at *offset, which moves behind it. No number of the archive's is believed. */
static bool next(size_t *offset, struct initrd_file *file)
{
    const struct member *member = (const void *)(archive + *offset);
    size_t left = archive_size - *offset;
    size_t name_size;

    if (left < sizeof(*member) || memcmp(member->magic, MAGIC, sizeof(member->magic)) != 0 ||
        !read_number(member->numbers[NAME_SIZE], &name_size) ||
        !read_number(member->numbers[FILE_SIZE], &file->size))
        return false;

    size_t data = align4(sizeof(*member) + name_size); /* neither has more than 32 bits */

    file->name = (const char *)(member + 1);
    if (name_size == 0 || data > left || file->size > left - data ||
        file->name[name_size - 1] != '\0' || strcmp(file->name, TRAILER) == 0)
        return false;
    file->data = (const char *)member + data;
    data = align4(data + file->size);
    *offset += data < left ? data : left;
    return true;
}

bool initrd_nth(size_t n, struct initrd_file *file)
{
    size_t offset = 0;

    while (next(&offset, file)) {
        if (n-- == 0)
            return true;
    }
    return false;
}

bool initrd_find(const char *name, struct initrd_file *file)
{
    size_t offset = 0;

    while (next(&offset, file)) {
        if (strcmp(file->name, name) == 0)
            return true;
    }
    return false;
}
