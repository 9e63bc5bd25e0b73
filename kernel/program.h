/*
 * program.h: executables of the initrd, and their pages: made from the file when the first process
 * needs them, and then the same for all. Who writes to one gets a copy.
 */
#ifndef KERNEL_PROGRAM_H
#define KERNEL_PROGRAM_H

#include "elf_load.h"

#define PROGRAM_NAME_MAX 32 /* with the zero at the end */

/* Where segments may lie; above are stacks. A limit, as each page that could be takes 8 bytes. */
#define PROGRAM_HIGH 0x40000000ull

struct program;

/*
 * "/init" or "init". NULL: there is no such file, or no memory, or it cannot be executed: *problem
 * says which. What was found once stays.
 */
struct program *program_find(const char *path, const char **problem);

const struct elf_image *program_image(const struct program *program);
const char *program_name(const struct program *program); /* "/init" */

/* The page at an address of a segment of its, with one holder more; 0: no memory. */
uint64_t program_page(struct program *program, const struct elf_segment *segment, uint64_t address);

#endif
