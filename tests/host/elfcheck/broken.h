/* broken.h: a check that cannot fail is none. */
#ifndef ELFCHECK_BROKEN_H
#define ELFCHECK_BROKEN_H

#include <stdbool.h>

#include "checks.h"
#include "decode.h"

/* One way to break a kernel, and what the check is to say of it. */
struct breakage {
    const char *name, *check, *complaint;
    void (*apply)(const struct subject *whole, struct image *image);
};

extern const struct breakage breakages[];
extern const size_t breakage_count;
extern const struct breakage call_breakages[];
extern const size_t call_breakage_count;

/* The n-th instruction of that kind from the symbol on, to be changed. Gives up if there is none. */
uint8_t *find_instruction(const struct image *image, const char *symbol, ZydisMnemonic mnemonic,
                          unsigned n, struct instruction *found);

/* Run them all, as tests in the sense of ../run.py; true if every check failed as it should. */
bool broken_run(const char *path);

#endif
