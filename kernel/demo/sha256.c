/* sha256.c: one bit wrong anywhere, in memory or in a register, and the digest is another. */
#include "sha256.h"

#include <string.h>

/* FIPS 180-4, 4.2.2: the fractions of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate_right(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static uint32_t load_big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void store_big_endian(uint8_t *bytes, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(word >> (24 - 8 * i));
}

/* FIPS 180-4, 6.2.2 step 1: sixteen words of message become sixty-four. */
static void expand(uint32_t w[64], const uint8_t block[SHA256_BLOCK])
{
    for (int t = 0; t < 16; t++)
        w[t] = load_big_endian(block + 4 * t);
    for (int t = 16; t < 64; t++) {
        uint32_t x = w[t - 15];
        uint32_t y = w[t - 2];

        w[t] = w[t - 16] + (rotate_right(x, 7) ^ rotate_right(x, 18) ^ x >> 3) + w[t - 7] +
               (rotate_right(y, 17) ^ rotate_right(y, 19) ^ y >> 10);
    }
}

/* Step 3: one round on a..h, kept in s[0..7]. */
static void round_of(uint32_t s[8], uint32_t constant_and_word)
{
    uint32_t a = s[0];
    uint32_t e = s[4];
    uint32_t choice = (e & s[5]) ^ (~e & s[6]);
    uint32_t majority = (a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]);
    uint32_t sum_e = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
    uint32_t sum_a = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
    uint32_t first = s[7] + sum_e + choice + constant_and_word;

    for (int i = 7; i > 0; i--)
        s[i] = s[i - 1];
    s[4] += first;
    s[0] = first + sum_a + majority;
}

static void compress(struct sha256 *sha)
{
    uint32_t w[64];
    uint32_t s[8];

    expand(w, sha->block);
    memcpy(s, sha->state, sizeof(s));
    for (int t = 0; t < 64; t++)
        round_of(s, round_constants[t] + w[t]);
    for (int i = 0; i < 8; i++)
        sha->state[i] += s[i];
}

void sha256_init(struct sha256 *sha)
{
    *sha = (struct sha256){
        .state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                  0x1f83d9ab, 0x5be0cd19},
    };
}

void sha256_update(struct sha256 *sha, const void *data, size_t n)
{
    const uint8_t *bytes = data;

    while (n > 0) {
        size_t used = sha->length % SHA256_BLOCK;
        size_t take = n < SHA256_BLOCK - used ? n : SHA256_BLOCK - used;

        memcpy(sha->block + used, bytes, take);
        sha->length += take;
        bytes += take;
        n -= take;
        if (used + take == SHA256_BLOCK)
            compress(sha);
    }
}

/* Padding (5.1.1): a one bit, zeros, and the length in bits in the last eight bytes of a block. */
void sha256_final(struct sha256 *sha, uint8_t digest[SHA256_DIGEST])
{
    static const uint8_t padding[SHA256_BLOCK] = {0x80};
    uint64_t bits = 8 * sha->length;
    size_t used = sha->length % SHA256_BLOCK;
    uint8_t length[8];

    store_big_endian(length, (uint32_t)(bits >> 32));
    store_big_endian(length + 4, (uint32_t)bits);
    sha256_update(sha, padding, used < 56 ? 56 - used : 120 - used);
    sha256_update(sha, length, sizeof(length));
    for (int i = 0; i < 8; i++)
        store_big_endian(digest + 4 * i, sha->state[i]);
}
