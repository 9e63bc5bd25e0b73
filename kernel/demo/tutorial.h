/*
 * tutorial.h: small functions to call, step and trace, and variables to watch, print and set.
 *
 * The loop calls each function once a turn and compares its answer with what it has always been.
 * Other than in the stages, a difference is only counted (demo_statistics.surprises) and printed:
 * this is the place to change a variable and see what becomes of it.
 */
#ifndef DEMO_TUTORIAL_H
#define DEMO_TUTORIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Functions of every kind of argument. None has an effect, but where it says so. ---- */

/* The nth odd number, from 0 on. Counts its calls in demo_counter. Called all the time. */
uint64_t demo_hot(uint64_t n);

int demo_add(int a, int b);
uint64_t demo_factorial(unsigned n); /* recursive; right up to 20 */
uint64_t demo_loop_1000(void);       /* 1000 turns of a loop on one line: 0 + 1 + ... + 999 */
int demo_sum_array(const int *values, size_t n); /* a loop on one line */
int demo_total(const int *values, size_t n);     /* the same, with a local that lives in memory */
void demo_accumulate(int *total, int value);
size_t demo_string_length(const char *text);
bool demo_is_even(int8_t number);
int demo_apply(int (*function)(int, int), int a, int b);
void demo_nothing(void);

struct demo_point {
    int x, y;
};
struct demo_point demo_point_add(struct demo_point a, struct demo_point b); /* in registers */

struct demo_box {
    struct demo_point corners[2];
    int64_t area;
};
struct demo_box demo_box_around(struct demo_point a, struct demo_point b); /* returned in memory */
int64_t demo_box_area(struct demo_box box);                                /* on the stack */

/* ---- Variables that the loop writes once a turn, and that no check depends on. ---- */

struct demo_pair {
    uint64_t low, high;
};
extern struct demo_pair demo_pair; /* 16 bytes, aligned to 16: two debug registers */

/* value is at offset 5: odd, and across an 8-byte line, so it takes three debug registers. */
struct demo_unaligned {
    uint8_t before[5];
    int32_t value;
    uint8_t after[7];
} __attribute__((packed, aligned(8)));
extern struct demo_unaligned demo_unaligned; /* before[4] and after[0] are written as well */

#define DEMO_POINTS 8
extern struct demo_point demo_points[DEMO_POINTS]; /* a walk: one point a turn, round and round */

/* Written by the timer interrupt. accepted is what the ring took, dropped what found it full. */
struct demo_ticks {
    volatile uint64_t count; /* free to be written; the others are checked */
    volatile uint64_t accepted;
    volatile uint64_t dropped;
};
extern struct demo_ticks demo_ticks;

extern uint64_t demo_counter; /* calls of demo_hot(); free to be written */

/* ---- Variables that nobody writes. ---- */

#define DEMO_SCRATCH_SIZE (64 * 1024)
extern uint8_t demo_scratch[DEMO_SCRATCH_SIZE]; /* page aligned, all zero; all yours */

extern const char demo_banner[]; /* in read-only memory */

enum demo_colour {
    DEMO_RED = 1,
    DEMO_GREEN = 2,
    DEMO_BLUE = 4,
};

union demo_word {
    uint64_t whole;
    uint32_t halves[2];
    uint8_t bytes[8];
};

/* One member of every kind, to print and to set. */
struct demo_sample {
    int8_t tiny;
    uint16_t small;
    int32_t negative;
    uint64_t large;
    bool yes;
    char letter;
    char text[16];
    enum demo_colour colour;
    enum demo_colour colours; /* or of several */
    unsigned one_bit : 1;
    unsigned five_bits : 5;
    signed three_bits : 3;
    union demo_word word;
    struct demo_point point;
    int matrix[2][3];
    struct demo_sample *self;
    const char *string;
    int (*function)(int, int);
};
extern struct demo_sample demo_sample;

#endif
