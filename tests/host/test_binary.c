/* test_binary.c: bytes as they are, escaped where a frame needs it, as many as there is room for. */
#include "core.h"
#include "test.h"

#include <string.h>

enum { SIZE = 200 };

/* One byte after the other, whole or not at all. */
static size_t plainly(uint8_t *out, const uint8_t *in, size_t n, size_t room)
{
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        bool special = in[i] && strchr("#$}*", in[i]);
        if (length + 1 + special > room)
            break;
        if (special)
            out[length++] = '}';
        out[length++] = special ? in[i] ^ 0x20 : in[i];
    }
    return length;
}

TEST(binary_is_escaped_and_ends_where_the_packet_does)
{
    static const uint8_t common[] = {'#', '$', '}', '*', 0x20, 0x22, 0x25, 0x2b, 0x7c, 0x7e, 0xa3, 0xfd, 0};
    uint8_t bytes[SIZE], expected[2 * SIZE], tx[2 * SIZE + 2];
    uint32_t random = 1;
    for (unsigned round = 0; round < 20000; round++) {
        size_t n = round % SIZE, room = round / 7 % (2 * SIZE), before = round % 3;
        for (size_t i = 0; i < n; i++) {
            random = random * 1664525 + 1013904223;
            bytes[i] = random >> 24 & round % 32 ? random >> 16 : common[(random >> 8) % sizeof common];
        }
        struct gdb g = {.tx = tx, .tx_length = before, .packet_max = before + room};
        memset(tx, '!', sizeof tx);
        gdb_tx_binary(&g, bytes, n);
        size_t length = plainly(expected, bytes, n, room);
        CHECK(g.tx_length == before + length && memcmp(tx + before, expected, length) == 0, "%u", round);
        CHECK(tx[before + room] == '!' && memcmp(tx, "!!", before) == 0, "%u", round);
    }
}
