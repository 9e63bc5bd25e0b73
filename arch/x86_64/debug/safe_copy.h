/*
 * safe_copy.h: memory as the debuggee sees it, without trusting a single address.
 */
#ifndef TRAPLINE_SAFE_COPY_H
#define TRAPLINE_SAFE_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Copy n bytes between the debuggee's memory and a buffer of ours. Returns how many bytes could be
 * copied before the first that cannot be reached: unmapped, non-canonical, the end of the address
 * space, a machine check. Accesses of 1, 2, 4 and 8 bytes are one access of that width, as device
 * registers need it. Writing overrides read-only pages. Interrupts must be off.
 */
size_t safe_read(void *to, uint64_t address, size_t n);
size_t safe_write(uint64_t address, const void *from, size_t n);

/* One of n bytes (a multiple of 64) can be read and is not 0. */
bool safe_has_data(uint64_t address, size_t n);

/* True for an address that the processor can form, with the number of address bits now in use. */
bool address_canonical(uint64_t address);

#endif
