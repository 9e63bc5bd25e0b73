/* log.h: the kernel's log, the last LOG_SIZE bytes of it, kept in memory from the first line on. */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <stddef.h>
#include <stdint.h>

#define LOG_SIZE 0x10000

void log_write(const char *text, size_t n);

/*
 * Copy what was logged from position on, counted in bytes since boot, and move position behind it.
 * If that is gone already, it starts with the oldest byte there is. Returns the number of bytes, 0
 * at the end. Takes no lock and changes nothing: also for a stopped kernel.
 */
size_t log_read(uint64_t *position, char *out, size_t n);


/* Where the oldest byte is that is kept, and where the next one will be. */
uint64_t log_start(void);
uint64_t log_end(void);

#endif
