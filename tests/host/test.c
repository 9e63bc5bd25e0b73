/* test.c: runs what test.h registers. */
#include "test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

static struct test *first;
static jmp_buf failed;
static char reason[4096];

void test_register(struct test *test)
{
    struct test **end = &first;
    while (*end)
        end = &(*end)->next;
    *end = test;
}

_Noreturn void test_failed_check(const char *condition, const char *format, ...)
{
    int used = snprintf(reason, sizeof reason, "%.200s:", condition);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason + used, sizeof reason - used, format, arguments);
    va_end(arguments);
    longjmp(failed, 1);
}

_Noreturn void test_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    longjmp(failed, 1);
}

bool test_case(const char *name, void (*run)(void *), void *argument)
{
    printf("run %s\n", name); /* if it crashes, run.py knows which it was */
    fflush(stdout);
    bool passed = setjmp(failed) == 0;
    if (passed)
        run(argument);
    if (passed)
        printf("ok %s\n", name);
    else
        printf("not ok %s: %s\n", name, reason);
    fflush(stdout);
    return passed;
}

static void call(void *test)
{
    ((struct test *)test)->run();
}

int test_main(void)
{
    bool all = true;
    for (struct test *test = first; test; test = test->next)
        all &= test_case(test->name, call, test);
    return all ? 0 : 1;
}
