/*
 * twin.c: two processes of one program at the same addresses, for a debugger that is to stop at one
 * of them only. The other one, and each child, makes sure that its code is what it was.
 */
#include "user.h"

#define FORK_EVERY 8 /* calls */

extern const uint8_t __executable_start[], etext[];

volatile uint64_t twin_calls;
volatile uint64_t twin_children;
volatile uint64_t twin_result;
volatile uint8_t twin_area[2 * 4096]; /* nobody writes to it */

static uint64_t sum_at_start;

static uint64_t sum_of_code(void)
{
    uint64_t sum = 0;

    for (const uint8_t *byte = __executable_start; byte < etext; byte++)
        sum = sum * 31 + *byte;
    return sum;
}

__attribute__((noinline)) static void twin_call(void)
{
    twin_calls++;
}

/* To be stepped through: a call, a loop, and both ways into the kernel. */
__attribute__((noinline)) static uint64_t twin_work(uint64_t start)
{
    uint64_t sum = start;
    size_t length = strlen(program_name);

    for (size_t i = 0; i < length; i++)
        sum += i;
    sum += (uint64_t)getpid();
    sum += (uint64_t)getpid_by_int();
    return sum;
}

static void check(void)
{
    uint64_t pid = (uint64_t)getpid();

    twin_result = twin_work(100);
    claim(twin_result == 100 + 6 + 2 * pid, "0 + 1 + 2 + 3 is 6");
    claim(sum_of_code() == sum_at_start, "nobody has changed my code");
}

/* The one that nobody stops at. */
static void witness(void)
{
    for (;;) {
        twin_call();
        check();
        yield();
    }
}

static void have_child(void)
{
    int status = -1;
    long pid = fork();

    if (pid == 0) {
        check();
        twin_call();
        exit(0);
    }
    claim(wait(pid, &status) == pid && status == 0, "a child has what its parent had");
    twin_children++;
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    sum_at_start = sum_of_code();
    if (fork() == 0)
        witness();
    for (;;) {
        twin_call();
        twin_result = twin_work(twin_calls);
        if (twin_calls % FORK_EVERY == 0)
            have_child();
        yield();
    }
}
