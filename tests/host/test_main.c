/* test_main.c: for a program that has nothing but the tests of test.h. */
#include "test.h"

int main(void)
{
    return test_main();
}
