/* spawner.c: threads come and go, so that lists of them are never the same for long. */
#include "workload/work.h"

#include <stdatomic.h>

#define CHILDREN 4

static _Atomic uint64_t signatures; /* a bit for each child that has been there */

WORK_CALLED static void work_child(void *number)
{
    uint64_t random = 0;

    work_pause(&random, 100);
    atomic_fetch_or(&signatures, 1ull << (uint64_t)number);
}

static void spawner(void *number)
{
    uint64_t random = 0;

    (void)number;
    for (;;) {
        uint64_t children[CHILDREN], all = 0;

        signatures = 0;
        for (uint64_t i = 0; i < CHILDREN; i++) {
            children[i] = thread_run("child", work_child, (void *)i);
            all |= children[i] != 0 ? 1ull << i : 0;
        }
        for (unsigned i = 0; i < CHILDREN; i++)
            thread_join(children[i]);
        WORK_CHECK(signatures == all, "who was joined has done its work");
        workload_rounds.children += CHILDREN;
        work_pause(&random, 1000);
    }
}

void work_spawner_start(void)
{
    work_launch("spawner", 1, spawner);
}
