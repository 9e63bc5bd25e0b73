/*
 * selftest.c: "monitor selftest": the debugger runs into its own faults, to show that it survives.
 */
#include "selftest.h"

#include "gdbstub.h"
#include "processor.h"
#include "protect.h"
#include "words.h"

#define NO_ADDRESS 0x8000000000000000ull /* not canonical */

static void read_nothing(void)
{
    (void)*(volatile uint8_t *)NO_ADDRESS;
}

static void run_int3(void)
{
    __asm__ volatile("int3");
}

static void run_ud2(void)
{
    __asm__ volatile("ud2");
}

/* No frame can be pushed: a double fault. */
static void lose_stack(void)
{
    __asm__ volatile("movq %0, %%rsp; pushq %%rax" : : "r"(NO_ADDRESS) : "memory");
}

static const struct {
    char name[8];
    void (*run)(void);
} tests[] = {
    {"fault", read_nothing},
    {"int3", run_int3},
    {"ud2", run_ud2},
    {"stack", lose_stack},
};

static bool would_be_the_end(void (*run)(void))
{
    return run == lose_stack && !protect_entry_stack(VECTOR_DOUBLE_FAULT);
}

void selftest_command(struct gdb *g, char *args)
{
    const char *word = word_next(&args);

    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]) && !*args; i++) {
        if (!word_is(word, tests[i].name))
            continue;
        gdb_fact(g, "kind", "%s", tests[i].name); /* a program's line, if it is the last word */
        if (would_be_the_end(tests[i].run)) {
            gdb_complain(g, "refused: #DF has no stack of its own (IST)\n");
        } else {
            tests[i].run();
            gdb_print(g, "nothing happened\n");
        }
        return;
    }
    gdb_complain(g, "usage: monitor selftest fault|int3|ud2|stack\n");
}
