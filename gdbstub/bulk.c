/*
 * bulk.c: what is done to every byte of a packet, eight at a time: memory is most of a session, and
 * on a fast line the time for it is the time that these loops take.
 */
#include "core.h"

/* ---- checksums ---- */

/* Sums of every other byte, 16 bits each, that many words long cannot run over. */
#define LANES    0x00ff00ff00ff00ffull
#define WORDS_AT_A_TIME 128

static uint8_t sum_words(const uint8_t *bytes, size_t words)
{
    uint64_t even = 0, odd = 0;
    for (const uint8_t *end = bytes + 8 * words; bytes < end; bytes += 8) {
        uint64_t word = gdb_word(bytes);
        even += word & LANES;
        odd += word >> 8 & LANES;
    }
    even += odd;
    return (uint8_t)(even + (even >> 16) + (even >> 32) + (even >> 48));
}

uint8_t gdb_sum(const uint8_t *bytes, size_t n)
{
    uint8_t sum = 0;
    while (n >= 8) {
        size_t words = n / 8 < WORDS_AT_A_TIME ? n / 8 : WORDS_AT_A_TIME;
        sum += sum_words(bytes, words);
        bytes += 8 * words;
        n -= 8 * words;
    }
    while (n--)
        sum += *bytes++;
    return sum;
}

/* CRC-32, polynomial 0x04c11db7, most significant bit first, half a byte a step. */
uint32_t gdb_crc(uint32_t crc, const uint8_t *bytes, size_t n)
{
    static const uint32_t table[16] = {
        0x00000000, 0x04c11db7, 0x09823b6e, 0x0d4326d9, 0x130476dc, 0x17c56b6b,
        0x1a864db2, 0x1e475005, 0x2608edb8, 0x22c9f00f, 0x2f8ad6d6, 0x2b4bcb61,
        0x350c9b64, 0x31cd86d3, 0x3c8ea00a, 0x384fbdbd,
    };
    for (size_t i = 0; i < n; i++) {
        crc = crc << 4 ^ table[crc >> 28 ^ bytes[i] >> 4];
        crc = crc << 4 ^ table[crc >> 28 ^ (bytes[i] & 0xf)];
    }
    return crc;
}

/* ---- hex digits ---- */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is a word's lowest");

/* Four bytes become eight digits: each half of a byte gets a byte of its own. */
static uint64_t digits(uint64_t four)
{
    uint64_t spread = (four | four << 16) & 0x0000ffff0000ffff;
    spread = (spread | spread << 8) & 0x00ff00ff00ff00ff;
    spread = (spread >> 4 | spread << 8) & BYTES(0x0f);
    uint64_t letters = (spread + BYTES(6)) >> 4 & BYTES(1);
    return spread + BYTES('0') + letters * ('a' - '0' - 10);
}

void gdb_hex(uint8_t *out, const uint8_t *bytes, size_t n)
{
    for (; n >= 4; n -= 4, bytes += 4, out += 8) {
        uint32_t four;
        __builtin_memcpy(&four, bytes, sizeof four);
        uint64_t eight = digits(four);
        __builtin_memcpy(out, &eight, sizeof eight);
    }
    for (; n; n--, bytes++) {
        *out++ = gdb_hex_digit(*bytes >> 4);
        *out++ = gdb_hex_digit(*bytes);
    }
}

/* ---- what means something to a frame ---- */

bool gdb_has(const uint8_t *bytes, uint8_t byte)
{
    return ZEROS(gdb_word(bytes) ^ BYTES(byte));
}

EACH_BYTE bool gdb_are_plain(const uint8_t *bytes)
{
    return !(gdb_has(bytes, '$') || gdb_has(bytes, '#') || gdb_has(bytes, '}') ||
             gdb_has(bytes, '*'));
}

EACH_BYTE size_t gdb_copy_plain(uint8_t *out, const uint8_t *bytes, size_t n)
{
    size_t i = 0;
    for (; n - i >= 8 && gdb_are_plain(bytes + i); i += 8) {
        uint64_t word = gdb_word(bytes + i);
        __builtin_memcpy(out + i, &word, sizeof word);
    }
    return i;
}

EACH_BYTE size_t gdb_before_mark(const uint8_t *bytes, size_t n)
{
    size_t i = 0;
    while (n - i >= 8 && !gdb_has(bytes + i, '#') && !gdb_has(bytes + i, '$'))
        i += 8;
    while (i < n && bytes[i] != '#' && bytes[i] != '$')
        i++;
    return i;
}

/* ---- a pattern ---- */

EACH_BYTE size_t gdb_find(const uint8_t *bytes, size_t n, struct span pattern)
{
    size_t i = 0;
    while (i + pattern.length <= n) {
        if (n - i >= 8 && !gdb_has(bytes + i, pattern.start[0]))
            i += 8;
        else if (bytes[i] == pattern.start[0] &&
                 memcmp(bytes + i, pattern.start, pattern.length) == 0)
            return i;
        else
            i++;
    }
    return n;
}
