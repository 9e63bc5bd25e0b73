/* tutorial.c: what a first session with the debugger is made of. */
#include "tutorial.h"

#include "demo.h"
#include "printk.h"

/* Every call must be one that a breakpoint sees, with its arguments in their registers. */
#define CALLED __attribute__((noinline))

const char demo_banner[] = "demo: a work loop that checks itself; stop it anywhere";

uint64_t demo_counter;
uint8_t demo_scratch[DEMO_SCRATCH_SIZE] __attribute__((aligned(4096)));

struct demo_pair demo_pair __attribute__((aligned(16)));
struct demo_unaligned demo_unaligned;
struct demo_point demo_points[DEMO_POINTS];

struct demo_sample demo_sample = {
    .tiny = -8,
    .small = 1600,
    .negative = -320000,
    .large = 0xfedcba9876543210,
    .yes = true,
    .letter = 'T',
    .text = "sixteen letters",
    .colour = DEMO_GREEN,
    .colours = DEMO_RED | DEMO_BLUE,
    .one_bit = 1,
    .five_bits = 21,
    .three_bits = -3,
    .word = {.whole = 0x0807060504030201},
    .point = {3, -4},
    .matrix = {{11, 12, 13}, {21, 22, 23}},
    .self = &demo_sample,
    .string = demo_banner,
    .function = demo_add,
};

CALLED uint64_t demo_hot(uint64_t n)
{
    uint64_t odd = 2 * n + 1;

    demo_counter++;
    return odd;
}

CALLED int demo_add(int a, int b)
{
    return a + b;
}

CALLED uint64_t demo_factorial(unsigned n)
{
    uint64_t smaller;

    if (n <= 1)
        return 1;
    smaller = demo_factorial(n - 1);
    return n * smaller;
}

/* The loop is on one line so that "next" has to run all of it. */
CALLED uint64_t demo_loop_1000(void)
{
    uint64_t sum = 0;

    /* clang-format off */
    for (uint64_t i = 0; i < 1000; i++) sum += i;
    /* clang-format on */
    return sum;
}

CALLED int demo_sum_array(const int *values, size_t n)
{
    int sum = 0;

    /* clang-format off */
    for (size_t i = 0; i < n; i++) sum += values[i];
    /* clang-format on */
    return sum;
}

CALLED void demo_accumulate(int *total, int value)
{
    *total += value;
}

/* total has an address, so "watch total" watches memory and not a register. */
CALLED int demo_total(const int *values, size_t n)
{
    int total = 0;

    for (size_t i = 0; i < n; i++)
        demo_accumulate(&total, values[i]);
    return total;
}

CALLED size_t demo_string_length(const char *text)
{
    size_t length = 0;

    while (text[length] != '\0')
        length++;
    return length;
}

CALLED bool demo_is_even(int8_t number)
{
    return number % 2 == 0;
}

CALLED int demo_apply(int (*function)(int, int), int a, int b)
{
    return function(a, b);
}

/* An empty function would not be called at all. */
CALLED void demo_nothing(void)
{
    __asm__ volatile("");
}

CALLED struct demo_point demo_point_add(struct demo_point a, struct demo_point b)
{
    return (struct demo_point){a.x + b.x, a.y + b.y};
}

CALLED int64_t demo_box_area(struct demo_box box)
{
    int64_t width = box.corners[1].x - box.corners[0].x;
    int64_t height = box.corners[1].y - box.corners[0].y;

    return width * height;
}

CALLED struct demo_box demo_box_around(struct demo_point a, struct demo_point b)
{
    struct demo_box box = {0};

    box.corners[0].x = a.x < b.x ? a.x : b.x;
    box.corners[0].y = a.y < b.y ? a.y : b.y;
    box.corners[1].x = a.x < b.x ? b.x : a.x;
    box.corners[1].y = a.y < b.y ? b.y : a.y;
    box.area =
        (int64_t)(box.corners[1].x - box.corners[0].x) * (box.corners[1].y - box.corners[0].y);
    return box;
}

static void write_watched(uint64_t turn)
{
    size_t here = turn % DEMO_POINTS;
    size_t before = (turn + DEMO_POINTS - 1) % DEMO_POINTS;

    demo_pair.low = turn;
    demo_pair.high = ~turn;
    demo_unaligned.before[4]++;
    demo_unaligned.value--;
    demo_unaligned.after[0]++;
    demo_points[here] = demo_point_add(demo_points[before], (struct demo_point){3, -1});
}

static void expect(const char *call, int64_t answer, int64_t expected)
{
    if (answer == expected)
        return;
    demo_statistics.surprises++;
    printk("demo: %s is %ld and was always %ld\n", call, answer, expected);
}

void demo_stage_tutorial(void)
{
    static const int values[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3};
    const size_t n = sizeof(values) / sizeof(values[0]);
    struct demo_box box = demo_box_around((struct demo_point){7, 1}, (struct demo_point){2, 5});

    write_watched(demo_statistics.turns);
    expect("demo_add(2, 3)", demo_add(2, 3), 5);
    expect("demo_factorial(10)", demo_factorial(10), 3628800);
    expect("demo_loop_1000()", demo_loop_1000(), 499500);
    expect("demo_sum_array(values, 10)", demo_sum_array(values, n), 39);
    expect("demo_total(values, 10)", demo_total(values, n), 39);
    expect("demo_string_length(\"trapline\")", demo_string_length("trapline"), 8);
    expect("demo_is_even(-6)", demo_is_even(-6), true);
    expect("demo_apply(demo_add, 20, 22)", demo_apply(demo_add, 20, 22), 42);
    expect("demo_box_around({7, 1}, {2, 5}).area", box.area, 20);
    demo_nothing();
}
