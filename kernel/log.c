/* log.c: a ring of bytes; the number written since boot says where it begins and ends. */
#include "log.h"

#include <string.h>

static char ring[LOG_SIZE];
static uint64_t written;

void log_write(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ring[written++ % LOG_SIZE] = text[i];
}

uint64_t log_start(void)
{
    return written > LOG_SIZE ? written - LOG_SIZE : 0;
}

uint64_t log_end(void)
{
    return written;
}

size_t log_read(uint64_t *position, char *out, size_t n)
{
    size_t count = 0;

    if (*position < log_start())
        *position = log_start();
    while (count < n && *position < written)
        out[count++] = ring[(*position)++ % LOG_SIZE];
    return count;
}
