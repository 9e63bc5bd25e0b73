/*
 * worker.c: does a little work, and sleeps. Two of them run, started by init: the same code, at
 * addresses that are init's as well.
 */
#include "user.h"

#define JOBS 16

struct job {
    uint64_t number;
    uint64_t prime; /* the one with that number */
};

static struct job jobs[JOBS];
volatile uint64_t worker_turns;

static bool is_prime(uint64_t n)
{
    for (uint64_t divisor = 2; divisor * divisor <= n; divisor++) {
        if (n % divisor == 0)
            return false;
    }
    return n > 1;
}

static uint64_t next_prime(uint64_t after)
{
    do
        after++;
    while (!is_prime(after));
    return after;
}

/* Each turn fills one more job, from the one before it. */
static void work(uint64_t turn)
{
    struct job *job = &jobs[turn % JOBS];
    const struct job *before = &jobs[(turn + JOBS - 1) % JOBS];

    job->number = turn;
    job->prime = turn == 0 ? 2 : next_prime(before->prime);
    claim(is_prime(job->prime), "primes are primes");
}

int main(int argc, char **argv)
{
    claim(argc == 2 && strlen(argv[1]) > 0, "a worker is given a name");
    say(argv[1]);
    for (;;) {
        work(worker_turns);
        worker_turns++;
        sleep_ms(500);
    }
}
