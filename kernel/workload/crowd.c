/* crowd.c: a thousand threads that sleep, for what must not take longer the more there are. */
#include "workload/work.h"

#define CROWD    1000
#define TURN_MS  10000 /* each wakes up once in that time */

WORK_CALLED static void crowd_turn(uint64_t number)
{
    thread_sleep(number != 0 ? number : TURN_MS);
}

static void crowd(void *number)
{
    uint64_t own = (uint64_t)number;

    for (crowd_turn(own * (TURN_MS / CROWD));; crowd_turn(TURN_MS))
        workload_rounds.turns++;
}

void work_crowd_start(void)
{
    work_launch("crowd", CROWD, crowd);
}
