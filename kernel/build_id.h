/* build_id.h: which build of the kernel this is: the linker's hash of what it has linked. */
#ifndef KERNEL_BUILD_ID_H
#define KERNEL_BUILD_ID_H

#include <stdbool.h>
#include <stddef.h>

/* In hexadecimal digits, as file(1) and readelf -n print it. */
const char *build_id(void);

/* Whether an ELF file, or the part of one that has its notes, is of this build. */
bool build_id_is_of(const void *file, size_t size);

#endif
