/*
 * test.h: the smallest test framework that tells which test failed and why.
 *
 * TEST(name) { CHECK(...); } registers itself; a failed check ends its test and not the others. One
 * line per test goes to stdout, "ok NAME" or "not ok NAME: why"; run.py adds them up.
 */
#ifndef HOST_TEST_H
#define HOST_TEST_H

#include <stdbool.h>
#include <stddef.h>

struct test {
    const char *name;
    void (*run)(void);
    struct test *next;
};

void test_register(struct test *test);
int test_main(void); /* runs them all; 0 if every one passed */
/* Run a test whose name is only known now; true if it passed. Not from within another. */
bool test_case(const char *name, void (*run)(void *), void *argument);
_Noreturn void test_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void test_failed_check(const char *condition, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define TEST(function)                                                                             \
    static void function(void);                                                                    \
    __attribute__((constructor)) static void register_##function(void)                             \
    {                                                                                              \
        static struct test test = {#function, function, NULL};                                     \
        test_register(&test);                                                                      \
    }                                                                                              \
    static void function(void)

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            test_failed_check(#condition, " " __VA_ARGS__);                                        \
    } while (0)

#endif
