/*
 * fpu.c: FXSAVE and FXRSTOR on demand, and the tag word that FXSAVE abridges.
 */
#include "fpu.h"

#include <stddef.h>
#include <string.h>

#include "processor.h"

static void fetch(uint8_t *to)
{
    __asm__ volatile("fxsave64 (%0)" : : "r"(to) : "memory");
}

static void load(const uint8_t *from)
{
    __asm__ volatile("fxrstor64 (%0)" : : "r"(from) : "memory");
}

/*
 * With CR0.TS or EM set the instruction would fault: a lazy kernel keeps the state elsewhere. The
 * SSE half is there only if the kernel has switched it on and no AMD "fast FXSAVE" drops it in
 * ring 0 (AMD APM vol. 2, 11.4.4).
 */
static bool available(unsigned offset)
{
    bool sse = offset >= FXSAVE_XMM0 || offset == FXSAVE_MXCSR;

    if (read_cr0() & (CR0_TS | CR0_EM))
        return false;
    return !sse || ((read_cr4() & CR4_OSFXSR) && !(read_msr(MSR_EFER) & EFER_FFXSR));
}

uint8_t *fpu_image(struct fpu *fpu, unsigned offset)
{
    if (!available(offset))
        return NULL;
    if (!fpu->valid)
        fetch(fpu->image);
    fpu->valid = true;
    return fpu->image;
}

/* FXRSTOR raises #GP for a reserved bit of MXCSR. A mask of 0 means 0xffbf (SDM vol. 1, 11.6.6). */
static bool mxcsr_valid(const uint8_t *image)
{
    uint32_t mxcsr, mask;

    memcpy(&mxcsr, image + FXSAVE_MXCSR, sizeof(mxcsr));
    memcpy(&mask, image + FXSAVE_MXCSR_MASK, sizeof(mask));
    return !(mxcsr & ~(mask ? mask : 0xffbfu));
}

const char *fpu_commit(struct fpu *fpu)
{
    static _Alignas(16) uint8_t before[FXSAVE_SIZE], wanted[FXSAVE_SIZE];
    uint8_t *image = fpu->image;

    memcpy(wanted, image, FXSAVE_SIZE);
    memcpy(before, image, FXSAVE_SIZE); /* FXSAVE leaves the reserved parts as they are */
    fetch(before);
    if (mxcsr_valid(image)) {
        load(image);
        fetch(image);
        if (memcmp(image, wanted, FXSAVE_SIZE) == 0)
            return NULL;
        load(before);
    }
    memcpy(image, before, FXSAVE_SIZE);
    return "the processor does not keep this value: reserved bits, or fields it derives itself";
}

/*
 * Tags of the physical registers, two bits each (SDM vol. 1, 8.1.7): 0 valid, 1 zero, 2 special, 3
 * empty. The image keeps one bit per physical register, 1 for "not empty", but stores the contents
 * in stack order: physical register p is ST((p - TOP) mod 8).
 */
uint16_t fpu_tag_word(const uint8_t *fxsave)
{
    unsigned top = (fxsave[FXSAVE_FSW + 1] >> 3) & 7, tags = 0;

    for (unsigned physical = 0; physical < 8; physical++) {
        const uint8_t *st = fxsave + FXSAVE_ST0 + 16 * ((physical - top) & 7);
        unsigned exponent = (st[8] | st[9] << 8) & 0x7fff, tag = 3;
        uint64_t mantissa;

        memcpy(&mantissa, st, sizeof(mantissa));
        if (fxsave[FXSAVE_FTW] >> physical & 1) {
            if (exponent == 0 && mantissa == 0)
                tag = 1;
            else
                tag = exponent == 0 || exponent == 0x7fff || !(mantissa >> 63) ? 2 : 0;
        }
        tags |= tag << 2 * physical;
    }
    return (uint16_t)tags;
}

uint8_t fpu_abridge(uint16_t tags)
{
    unsigned abridged = 0;

    for (unsigned physical = 0; physical < 8; physical++) {
        if ((tags >> 2 * physical & 3) != 3)
            abridged |= 1u << physical;
    }
    return (uint8_t)abridged;
}
