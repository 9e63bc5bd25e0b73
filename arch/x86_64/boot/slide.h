/*
 * slide.h: KASLR: the kernel's image runs at its linked addresses plus a slide. Physical memory
 * does not move. The slide is 0, or a multiple of 2 MiB that keeps clear of the linked place of the
 * image, as both are mapped for a moment, and within its 1 GiB.
 */
#ifndef KERNEL_SLIDE_H
#define KERNEL_SLIDE_H

#include <stdbool.h>
#include <stdint.h>

#define SLIDE_STEP 0x200000
#define SLIDE_MIN  0x1000000  /* linker.ld: the image ends below it */
#define SLIDE_MAX  0x3e000000

/* Words of the command line: nokaslr (default), kaslr (random), kaslr=<hex>. The last counts. */
enum slide_choice { SLIDE_NONE, SLIDE_RANDOM, SLIDE_FIXED };
enum slide_choice slide_choose(const char *command_line, uint64_t *fixed);

/* The value of kaslr=: off, or hexadecimal digits (0: off). False: neither, or no such place. */
bool slide_parse(const char *value, enum slide_choice *choice, uint64_t *fixed);

#endif
