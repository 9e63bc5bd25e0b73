/*
 * files.h: the files that clients may read, as target.h has them: the debugger's own, then the
 * embedder's.
 */
#ifndef TRAPLINE_FILES_H
#define TRAPLINE_FILES_H

#include "target.h"

bool files_nth(void *context, unsigned number, struct gdb_file *file);
uint64_t files_size(void *context, unsigned number);
size_t files_read(void *context, unsigned number, uint64_t offset, void *out, size_t n);

#endif
