/*
 * fpu.h: the debuggee's x87 and SSE state. The stub itself never touches it, so what the processor
 * holds is the debuggee's; it is fetched when a client asks, and put back when it was changed.
 */
#ifndef TRAPLINE_FPU_H
#define TRAPLINE_FPU_H

#include <stdbool.h>
#include <stdint.h>

/* Offsets in the 64-bit FXSAVE image (Intel SDM vol. 1, 10.5.1, table 10-2). */
enum {
    FXSAVE_FCW = 0,
    FXSAVE_FSW = 2,
    FXSAVE_FTW = 4,
    FXSAVE_FOP = 6,
    FXSAVE_FIP = 8,
    FXSAVE_FDP = 16,
    FXSAVE_MXCSR = 24,
    FXSAVE_MXCSR_MASK = 28,
    FXSAVE_ST0 = 32,
    FXSAVE_XMM0 = 160,
    FXSAVE_SIZE = 512,
};

/* A processor's state, as far as it was fetched. */
struct fpu {
    _Alignas(16) uint8_t image[FXSAVE_SIZE];
    bool valid;
};

/*
 * The image of this processor, fetched if it is not valid yet; NULL if the part at offset cannot be
 * had now.
 */
uint8_t *fpu_image(struct fpu *fpu, unsigned offset);

/*
 * Load a changed image. Returns NULL, or why not, in which case the image and the processor are as
 * before: the processor refuses some bits and silently drops others.
 */
const char *fpu_commit(struct fpu *fpu);

/* Pure: the 16-bit tag word of an image, and the image's abridged tags for a tag word. */
uint16_t fpu_tag_word(const uint8_t *image);
uint8_t fpu_abridge(uint16_t tags);

#endif
