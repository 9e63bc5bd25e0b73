/* test_rle.c: run-length encoding, undone by a decoder of gdb's kind and by one of lldb's. */
#include "core.h"
#include "test.h"

#include <string.h>

enum { SIZE = 2000 };

/* gdb, remote.c read_frame() and remote_unescape_input(): runs first, then escapes. */
static size_t decode_as_gdb(uint8_t *out, const uint8_t *in, size_t n)
{
    static uint8_t raw[100 * SIZE];
    size_t length = 0, used = 0;
    for (size_t i = 0; i < n; i++) {
        if (in[i] != '*') {
            raw[length++] = in[i];
            continue;
        }
        i++;
        CHECK(i < n && length && in[i] >= ' ' && in[i] <= '~' && !strchr("#$+-", in[i]));
        memset(raw + length, raw[length - 1], in[i] - 29);
        length += in[i] - 29;
    }
    for (size_t i = 0; i < length; i++)
        out[used++] = raw[i] == '}' ? raw[++i] ^ 0x20 : raw[i];
    return used;
}

/* lldb, GDBRemoteCommunication::ExpandRLE(): both at once, and a run repeats the decoded byte. */
static size_t decode_as_lldb(uint8_t *out, const uint8_t *in, size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        if (in[i] == '*') {
            i++;
            memset(out + used, out[used - 1], in[i] + 3 - ' ');
            used += in[i] + 3 - ' ';
        } else {
            out[used++] = in[i] == '}' ? in[++i] ^ 0x20 : in[i];
        }
    }
    return used;
}

static size_t escape(uint8_t *out, const uint8_t *in, size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        bool special = strchr("}#$*", in[i]) && in[i];
        if (special)
            out[used++] = '}';
        out[used++] = special ? in[i] ^ 0x20 : in[i];
    }
    return used;
}

static void round_trip(const uint8_t *bytes, size_t n)
{
    static uint8_t frame[2 * SIZE], decoded[2 * SIZE];
    for (int long_runs_only = 0; long_runs_only < 2; long_runs_only++) {
        size_t escaped = escape(frame, bytes, n);
        size_t length = gdb_rle_encode(frame, escaped, long_runs_only);
        CHECK(length <= escaped);
        CHECK(decode_as_gdb(decoded, frame, length) == n && memcmp(decoded, bytes, n) == 0, "gdb, %zu", n);
        CHECK(decode_as_lldb(decoded, frame, length) == n && memcmp(decoded, bytes, n) == 0, "lldb, %zu", n);
    }
}

TEST(runs_of_every_length_of_every_byte)
{
    uint8_t bytes[SIZE];
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t n = 0; n < 250; n++) {
            memset(bytes, byte, n + 2);
            bytes[0] = '}'; /* escaped, in front of the run */
            bytes[n + 1] = byte ^ 1;
            round_trip(bytes, n + 2);
        }
    }
}

TEST(runs_among_others)
{
    static const uint8_t alphabet[] = {0, '0', '}', ']', 3, '*', '#', '\n'};
    uint8_t bytes[SIZE];
    uint32_t random = 1;
    for (unsigned round = 0; round < 2000; round++) {
        for (size_t i = 0; i < SIZE; i++) {
            random = random * 1664525 + 1013904223;
            bytes[i] = i && random >> 29 ? bytes[i - 1] : alphabet[random >> 20 & 7];
        }
        round_trip(bytes, round);
    }
}

TEST(a_run_is_worth_it)
{
    uint8_t bytes[400];
    memset(bytes, '0', sizeof bytes);
    CHECK(gdb_rle_encode(bytes, 3, false) == 3);
    memset(bytes, '0', sizeof bytes);
    CHECK(gdb_rle_encode(bytes, 4, false) == 3 && memcmp(bytes, "0* ", 3) == 0);
    memset(bytes, '0', sizeof bytes);
    CHECK(gdb_rle_encode(bytes, 7, false) == 4 && memcmp(bytes, "0*\"0", 4) == 0); /* six repeats: '#' */
    memset(bytes, '0', sizeof bytes);
    CHECK(gdb_rle_encode(bytes, 400, false) <= 17);
}

TEST(a_run_of_31_is_long_wherever_it_is)
{
    for (size_t start = 0; start < 64; start++) {
        uint8_t bytes[128];
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = 'a' + i % 16;
        memset(bytes + start, '0', 31);
        CHECK(gdb_rle_encode(bytes, sizeof bytes, true) <= sizeof bytes - 31 + 1 + 2 + 15, "%zu", start);
    }
}
