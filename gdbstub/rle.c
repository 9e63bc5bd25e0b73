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
    while (repeats + 8 < n && repeats + 8 <= REPEATS_MAX &&
           gdb_word(bytes + 1 + repeats) == BYTES(bytes[0]))
        repeats += 8;
    while (repeats + 1 < n && repeats < REPEATS_MAX && bytes[repeats + 1] == bytes[0])
        repeats++;
    while (repeats >= REPEATS_MIN && !is_count(COUNT_BASE + repeats))
        repeats--;
    return repeats < REPEATS_MIN ? 0 : repeats;
}

/*
 * How many of the bytes, which are at least 8, can be passed by at a glance: none is an escape, no
 * run begins at one. Four equal bytes in a row are three neighbours in a row that do not differ;
 * that is so in either byte order.
 */
enum { GLANCE = 8, GLANCE_STARTS = GLANCE - REPEATS_MIN };

static bool is_plain(const uint8_t *bytes)
{
    uint64_t word = gdb_word(bytes);
    uint64_t differ = (word ^ word >> 8) | 0xffull << 56; /* the last byte has no neighbour */
    uint64_t in_three = differ | differ >> 8 | differ >> 16;
    return !ZEROS(in_three) && !ZEROS(word ^ BYTES(ESCAPE));
}

/* How many of the bytes can stay as they are. Most memory is that plain. */
static uint32_t plain(const uint8_t *bytes, uint32_t n)
{
    uint32_t passed = 0;
    while (n - passed >= GLANCE && is_plain(bytes + passed))
        passed += GLANCE_STARTS;
    return passed;
}

/*
 * The same at a fifth of the time, which finds only runs that fill one of the pieces. Whoever goes
 * on behind it must not take an escaped byte for a plain one.
 */
enum { PIECE = 16 };

static uint32_t plain_but_long_runs(const uint8_t *bytes, uint32_t n)
{
    uint32_t passed = 0;
    while (n - passed > PIECE) {
        uint64_t word = gdb_word(bytes + passed);
        if (word == gdb_word(bytes + passed + 8) && word == BYTES(word))
            break;
        passed += PIECE;
    }
    return passed && bytes[passed - 1] == ESCAPE ? passed - 1 : passed;
}

/* In place: what is written never overtakes what is read. Returns the new length. */
EACH_BYTE uint32_t gdb_rle_encode(uint8_t *bytes, uint32_t n, bool long_runs_only)
{
    uint32_t out = 0;
    for (uint32_t in = 0; in < n;) {
        uint32_t passed = long_runs_only ? plain_but_long_runs(bytes + in, n - in)
                                         : plain(bytes + in, n - in);
        if (passed) {
            if (out != in)
                memmove(bytes + out, bytes + in, passed);
            in += passed;
            out += passed;
        }
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

/* Memory or a file. */
#define LONG 0x2000

/* The reply in tx. To find its short runs takes longer than to send them on a fast line. */
void gdb_rle_reply(struct gdb *g)
{
    bool long_runs_only = g->tx_length >= LONG && g->target->has_fast_line &&
                          g->target->has_fast_line(g->context);
    g->tx_length = gdb_rle_encode(g->tx, g->tx_length, long_runs_only);
}
