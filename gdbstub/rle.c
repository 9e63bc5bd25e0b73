/*
 * rle.c: run-length encoding of replies (GDB manual, "Overview"): a byte, '*', and a printable byte
 * that says how often it is to be repeated: 29 more than that.
 *
 * A client undoes it before or while it undoes escapes, so runs neither begin with an escaped byte
 * nor reach into it.
 */
#include "core.h"

#define ESCAPE '}'

enum { COUNT_BASE = 29, REPEATS_MIN = 3, REPEATS_MAX = '~' - COUNT_BASE };

/* '#' and '$' would break the frame; the others are kept from readers that are not thorough. */
static bool is_count(uint8_t byte)
{
    return !gdb_is_special(byte) && byte != '+' && byte != '-';
}

/* How often the byte comes again behind itself, as far as one count can tell. */
static uint32_t repeats(const uint8_t *bytes, uint32_t n)
{
    uint32_t repeats = 0;
    while (repeats + 1 < n && repeats < REPEATS_MAX && bytes[repeats + 1] == bytes[0])
        repeats++;
    while (repeats >= REPEATS_MIN && !is_count(COUNT_BASE + repeats))
        repeats--;
    return repeats < REPEATS_MIN ? 0 : repeats;
}

/* In place: what is written never overtakes what is read. Returns the new length. */
uint32_t gdb_rle_encode(uint8_t *bytes, uint32_t n)
{
    uint32_t out = 0;
    for (uint32_t in = 0; in < n;) {
        uint8_t byte = bytes[in];
        uint32_t again = byte == ESCAPE ? 0 : repeats(bytes + in, n - in);
        bytes[out++] = byte;
        in += 1 + again;
        if (again) {
            bytes[out++] = '*';
            bytes[out++] = COUNT_BASE + again;
        } else if (byte == ESCAPE && in < n) {
            bytes[out++] = bytes[in++];
        }
    }
    return out;
}
