/* debug_read.h: how the debugger's hooks read what may be spoiled. */
#ifndef KERNEL_DEBUG_READ_H
#define KERNEL_DEBUG_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "debugger.h"

static inline bool debug_read(void *to, const void *from, size_t size)
{
    return debugger_read(to, from, size) == size;
}

/* Up to a zero, or to where nothing can be read. */
static inline void debug_read_text(char *to, const char *from, size_t size)
{
    size_t n = 0;

    while (n < size - 1 && debug_read(&to[n], from + n, 1) && to[n] != '\0')
        n++;
    to[n] = '\0';
}

#endif
