/* hammer.c: a thread on each CPU that never waits, but for a spinlock that all of them want. */
#include "workload/work.h"

#define HITS_PER_ROUND 1000

struct hammer workload_hammers[CPUS_MAX];

static struct spinlock pair_lock = SPINLOCK("pair_lock");
static volatile uint64_t left, right; /* the same, whenever nobody holds pair_lock */

WORK_CALLED void workload_hot(struct hammer *hammer)
{
    hammer->hits++;
}

static void check_pair(void)
{
    bool enabled = spin_lock(&pair_lock);

    WORK_CHECK(left == right, "what a spinlock guards is changed as a whole");
    left++;
    right++;
    spin_unlock(&pair_lock, enabled);
}

static void hammer(void *argument)
{
    struct hammer *own = argument;

    for (;;) {
        for (unsigned i = 0; i < HITS_PER_ROUND; i++)
            workload_hot(own);
        check_pair();
        WORK_CHECK(this_cpu()->index == own->cpu, "a pinned thread stays where it is");
    }
}

void work_hammer_start(void)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        char name[THREAD_NAME_MAX];
        struct thread *thread;

        if (!cpu_online(i))
            continue;
        workload_hammers[i].cpu = i;
        work_name(name, "hammer", i);
        thread = thread_create(name, hammer, &workload_hammers[i]);
        if (thread == NULL)
            panic("workload: no memory for a hammer");
        thread->pinned = (int)i;
        thread_launch(thread);
    }
}
