/*
 * relocate.c: move the image's addresses by a slide. This runs at the linked address, and what it
 * changes is also its own code: so the place that the new addresses lead to is mapped first, and
 * from then on both lead to the same memory. boot.S then goes on at the new one.
 */
#include "boot/boot_info.h"
#include "boot/slide.h"
#include "cpu/features.h"
#include "cpu/instructions.h"
#include "mm/layout.h"

#define PRESENT_WRITE 3u
#define ENTRIES       512
#define FIRST_GIB     510 /* of the last two: where KERNEL_VMA is in the table */

#define CPUID_ECX_RDRAND (1u << 30)
#define RDRAND_TRIES     10

/* scripts/relocations.py: twice the offset from __kernel_start, plus 1 if 64 bits are there. */
extern const uint32_t __relocations_start[], __relocations_end[];

/* boot.S */
extern uint64_t boot_pdpt_high[ENTRIES], boot_pd[ENTRIES];
uint64_t boot_slide(uint32_t protocol, uint32_t info);
void boot_slide_done(uint64_t slide);

static _Alignas(PAGE_SIZE) uint64_t window[ENTRIES];

typedef uint32_t __attribute__((aligned(1), may_alias)) word32;
typedef uint64_t __attribute__((aligned(1), may_alias)) word64;

static bool rdrand(uint64_t *value)
{
    bool good = false;

    if (!(cpuid(1).ecx & CPUID_ECX_RDRAND))
        return false;
    for (unsigned i = 0; i < RDRAND_TRIES && !good; i++)
        __asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(good));
    return good;
}

/* Without RDRAND it is only as random as the time that the firmware took. */
static uint64_t random_slide(void)
{
    uint64_t random = 0;

    rdrand(&random);
    random ^= read_tsc() * 0x9e3779b97f4a7c15; /* its low bits spread over all of them */
    return SLIDE_MIN + (random >> 20) % ((SLIDE_MAX - SLIDE_MIN) / SLIDE_STEP + 1) * SLIDE_STEP;
}

/* The image is in the lowest entries still, and from slide on once more. */
static void map(uint64_t slide)
{
    uint64_t first = slide / SLIDE_STEP;

    for (uint64_t i = 0; i < ENTRIES; i++)
        window[i] = boot_pd[i < first ? i : i - first];
    boot_pdpt_high[FIRST_GIB] = virtual_to_physical(window) | PRESENT_WRITE;
    write_cr3(read_cr3());
}

/* Every address in here changes on the way: what is needed is in registers before. */
static void relocate(uint64_t slide)
{
    const uint32_t *r = __relocations_start, *end = __relocations_end;
    uint8_t *image = __kernel_start;

    __asm__ volatile("" : "+r"(r), "+r"(end), "+r"(image), "+r"(slide) : : "memory");
    for (; r < end; r++) {
        if (*r & 1)
            *(word64 *)(image + (*r >> 1)) += slide;
        else
            *(word32 *)(image + (*r >> 1)) += (uint32_t)slide;
    }
    __asm__ volatile("" : : : "memory");
}

uint64_t boot_slide(uint32_t protocol, uint32_t info)
{
    uint64_t fixed, slide = 0;

    switch (slide_choose(boot_read(protocol, info)->command_line, &fixed)) {
    case SLIDE_NONE:
        return 0;
    case SLIDE_RANDOM:
        slide = random_slide();
        break;
    case SLIDE_FIXED:
        slide = fixed;
        break;
    }
    map(slide);
    relocate(slide);
    return slide;
}

/* The linked addresses lead nowhere any more: who kept one is found out. */
void boot_slide_done(uint64_t slide)
{
    for (uint64_t i = 0; i < slide / SLIDE_STEP; i++)
        window[i] = 0;
    write_cr3(read_cr3());
}
