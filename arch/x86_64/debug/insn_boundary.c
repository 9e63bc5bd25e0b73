/*
 * insn_boundary.c: does an instruction begin here? Nothing in memory says so. But code that is read
 * from a wrong byte on falls into step with the right reading after a few instructions: if all
 * readings that begin further ahead agree, they are right.
 */
#include "insn.h"

#define READINGS 16 /* more than an instruction has bytes: one at least begins right */

/*
 * Read on from a start to the byte in question, or over it. Where the last instruction begins; at
 * if one begins right there; n if what is read is no code.
 */
static size_t read_up_to(const uint8_t *bytes, size_t n, size_t start, size_t at)
{
    struct insn insn;
    size_t last = start;

    for (size_t end = start; end < at; end += insn.length) {
        if (!insn_decode(&insn, bytes + end, n - end, end))
            return n;
        last = end + insn.length == at ? at : end;
    }
    return last;
}

bool insn_is_inside(const uint8_t *bytes, size_t n, size_t at)
{
    size_t agreed = n;
    unsigned readings = 0;

    for (size_t start = 0; start < READINGS && start < at; start++) {
        size_t last = read_up_to(bytes, n, start, at);

        if (last == n)
            continue;
        if (last == at || (readings > 0 && last != agreed))
            return false;
        agreed = last;
        readings++;
    }
    return readings >= READINGS / 2;
}
