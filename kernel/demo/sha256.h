/* sha256.h: the Secure Hash Algorithm of FIPS 180-4, 256 bits. */
#ifndef DEMO_SHA256_H
#define DEMO_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BLOCK  64
#define SHA256_DIGEST 32

struct sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[SHA256_BLOCK];
};

void sha256_init(struct sha256 *sha);
void sha256_update(struct sha256 *sha, const void *data, size_t n);

/* The digest of all that was given; sha is used up. */
void sha256_final(struct sha256 *sha, uint8_t digest[SHA256_DIGEST]);

#endif
