/* workload.c: starting the work, and how fast it goes. */
#include "workload/work.h"

#include <stdarg.h>

#include "format.h"
#include "printk.h"

bool work_is_full;
struct workload_rounds workload_rounds;

static void print(char *text, size_t size, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    format_text(text, size, format, arguments);
    va_end(arguments);
}

void work_name(char numbered[static THREAD_NAME_MAX], const char *name, uint64_t number)
{
    print(numbered, THREAD_NAME_MAX, "%s/%lu", name, number);
}

void work_launch(const char *name, unsigned count, void (*run)(void *number))
{
    for (uint64_t i = 0; i < count; i++) {
        char numbered[THREAD_NAME_MAX];

        work_name(numbered, name, i);
        if (thread_run(numbered, run, (void *)i) == 0)
            panic("workload: no memory for %s", numbered);
    }
}

/* Knuth's linear congruences; the upper half is the random one. */
uint32_t work_random(uint64_t *state, uint32_t limit)
{
    if (*state == 0)
        *state = current_thread()->id;
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % limit;
}

void work_pause(uint64_t *random, unsigned ms)
{
    if (!work_is_full)
        thread_sleep(ms / 2 + work_random(random, ms));
    else if (work_random(random, 16) == 0)
        thread_sleep(work_random(random, 2));
    else if (work_random(random, 4) == 0)
        thread_yield();
}

static void start_work(bool full)
{
    work_is_full = full;
    work_accounts_start();
    work_log_start();
    work_spawner_start();
    work_window_start();
    if (full)
        work_hammer_start();
}

void workload_start(enum workload_mode mode)
{
    if (mode == WORKLOAD_OFF)
        return;
    if (mode == WORKLOAD_CROWD)
        work_crowd_start();
    else
        start_work(mode == WORKLOAD_FULL);
    printk("workload: %zu threads on %u cpus\n", thread_count(), cpu_count);
}
