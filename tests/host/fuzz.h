/* fuzz.h: what a fuzz target is made of. */
#ifndef HOST_FUZZ_H
#define HOST_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* NULL, or what does not hold after this input. */
const char *fuzz_check(const uint8_t *data, size_t n);

#endif
