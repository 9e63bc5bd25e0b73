/*
 * init.c: the first program. Starts two /worker, and then looks after children: it starts one of
 * its own now and then and waits for it.
 */
#include "user.h"

#define TURN_MS 5000

/* For a debugger to look at. */
volatile uint64_t init_turns;
volatile double init_sum;

/* The sum of 1/n^2 for n = first, first + 1 ... */
static double series(uint64_t first, uint64_t n)
{
    double sum = 0;

    for (uint64_t i = first; i < first + n; i++)
        sum += 1.0 / ((double)i * (double)i);
    return sum;
}

static int child_turn(uint64_t turn)
{
    init_sum = series(turn + 1, 100);
    return init_sum > 0 && init_sum < 1.65 ? 0 : 1; /* pi^2/6 */
}

static void start(const char *argument)
{
    long pid = fork();

    claim(pid >= 0, "there is memory for a worker");
    if (pid == 0) {
        exec("/worker", argument);
        exit(1);
    }
}

/* Children come and go as long as the kernel runs. */
static void turn(void)
{
    int status = -1;
    long pid = fork();

    if (pid == 0)
        exit(child_turn(init_turns));
    claim(wait(pid, &status) == pid, "the child that has ended is the one waited for");
    claim(status == 0, "it ended as it should");
    init_turns++;
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    say_number("the first program, pid", getpid());
    start("first");
    start("second");
    for (;;) {
        sleep_ms(TURN_MS);
        turn();
    }
}
