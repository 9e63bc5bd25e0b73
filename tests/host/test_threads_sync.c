/* test_threads_sync.c: the scheduler, mutexes, conditions and waits on pretended CPUs. */
#include "sync.h"
#include "test.h"
#include "threads_world.h"

#include <string.h>

#define SEEDS 30

static struct mutex lock = MUTEX("lock");
static unsigned inside, entries, turns;

static void use_the_lock(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < 50; i++) {
        mutex_lock(&lock);
        CHECK(inside++ == 0, "one at a time");
        entries++;
        for (unsigned n = world_random(4); n > 0; n--)
            world_pause();
        inside--;
        mutex_unlock(&lock);
        world_pause();
    }
}

TEST(mutex_lets_one_in_at_a_time_whatever_happens)
{
    lock = (struct mutex)MUTEX("lock");
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        entries = 0;
        world_begin(1 + seed % 4, seed);
        for (unsigned i = 0; i < 6; i++)
            world_launch(world_thread("user", use_the_lock, NULL));
        world_run();
        CHECK(entries == 6 * 50 && lock.owner == NULL && lock.waiters.first == NULL);
        world_end();
    }
    CHECK(lock.contended > SEEDS, "somebody has had to wait");
}

static unsigned order[8], ordered;

static void take_in_turn(void *number)
{
    mutex_lock(&lock);
    order[ordered++] = (unsigned)(uint64_t)number;
    mutex_unlock(&lock);
}

static void sleep_for(uint64_t ticks)
{
    bool enabled = spin_lock(&scheduler_lock);

    scheduler_wait(NULL, NULL, ticks);
    spin_unlock(&scheduler_lock, enabled);
}

/* The others come while it is taken; its holder then wants it again, and has to wait behind them. */
static void hold(void *unused)
{
    (void)unused;
    mutex_lock(&lock);
    for (uint64_t i = 1; i <= 3; i++)
        world_launch(world_thread("waiter", take_in_turn, (void *)i));
    sleep_for(5);
    CHECK(!mutex_try_lock(&lock));
    mutex_unlock(&lock);
    take_in_turn((void *)4);
}

TEST(mutex_is_handed_over_and_nobody_overtakes)
{
    for (unsigned cpus_used = 1; cpus_used <= 4; cpus_used++) {
        lock = (struct mutex)MUTEX("lock");
        ordered = 0;
        world_begin(cpus_used, cpus_used);
        world_launch(world_thread("holder", hold, NULL));
        world_run();
        CHECK(ordered == 4 && order[3] == 4, "with %u cpus", cpus_used);
        for (unsigned i = 0; i < 3 && cpus_used == 1; i++)
            CHECK(order[i] == i + 1);
        world_end();
    }
}

static struct condition filled = CONDITION("filled"), space = CONDITION("space");
static unsigned stored, produced, consumed;

static void produce(void *count)
{
    for (uint64_t i = 0; i < (uint64_t)count; i++) {
        mutex_lock(&lock);
        while (stored == 2)
            condition_wait(&space, &lock, WAIT_FOR_EVER);
        stored++;
        produced++;
        condition_signal(&filled);
        mutex_unlock(&lock);
        world_pause();
    }
}

static void consume(void *count)
{
    for (uint64_t i = 0; i < (uint64_t)count; i++) {
        mutex_lock(&lock);
        while (stored == 0)
            condition_wait(&filled, &lock, WAIT_FOR_EVER);
        stored--;
        consumed++;
        condition_signal(&space);
        mutex_unlock(&lock);
        world_pause();
    }
}

TEST(condition_loses_no_signal)
{
    lock = (struct mutex)MUTEX("lock");
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        produced = consumed = 0;
        world_begin(1 + seed % 4, seed);
        for (unsigned i = 0; i < 3; i++) {
            world_launch(world_thread("producer", produce, (void *)40));
            world_launch(world_thread("consumer", consume, (void *)40));
        }
        world_run();
        CHECK(produced == 120 && consumed == 120 && stored == 0, "seed %lu", seed);
        world_end();
    }
}

static void wait_for_signal(void *number)
{
    mutex_lock(&lock);
    condition_wait(&filled, &lock, WAIT_FOR_EVER);
    order[ordered++] = (unsigned)(uint64_t)number;
    mutex_unlock(&lock);
}

TEST(a_signal_wakes_who_has_waited_longest_and_a_broadcast_all)
{
    for (unsigned cpus_used = 1; cpus_used <= 4; cpus_used++) {
        lock = (struct mutex)MUTEX("lock");
        ordered = 0;
        world_begin(cpus_used, cpus_used);
        for (uint64_t i = 1; i <= 4; i++) {
            world_launch(world_thread("waiter", wait_for_signal, (void *)i));
            world_settle();
        }
        condition_signal(&filled);
        world_settle();
        CHECK(ordered == 1 && order[0] == 1, "one of them, the first");
        condition_broadcast(&filled);
        world_settle();
        CHECK(ordered == 4 && filled.waiters.first == NULL, "%u with %u cpus", ordered, cpus_used);
        world_end();
    }
}

static struct wait_queue queue = WAIT_QUEUE("test", "queue");
static struct spinlock guard = SPINLOCK("guard");
static int result[2];

static void wait_at_most(void *ticks)
{
    bool enabled = spin_lock(&guard);

    result[0] = wait_on(&queue, &guard, (uint64_t)ticks);
    CHECK(spin_is_locked(&guard), "the guard is held again");
    spin_unlock(&guard, enabled);
}

TEST(waiting_ends_by_being_woken_or_by_the_clock)
{
    for (unsigned woken = 0; woken < 2; woken++) {
        result[0] = -1;
        world_begin(2, 1);
        world_launch(world_thread("waiter", wait_at_most, (void *)3));
        world_settle();
        CHECK(queue.first != NULL && queue.first->state == THREAD_BLOCKED);
        CHECK(queue.first->waits_for == &queue && queue.first->wake_at != 0);
        for (unsigned i = 0; i < 3; i++)
            world_tick();
        CHECK(queue.first != NULL && result[0] == -1, "not before its time");
        if (woken)
            CHECK(wake_first(&queue) != NULL);
        else
            world_tick();
        CHECK(queue.first == NULL);
        world_settle();
        CHECK(result[0] == (int)woken);
        world_tick();
        CHECK(wake_first(&queue) == NULL, "nobody is left");
        world_end();
    }
}

static unsigned ran_on[4];

static void note_cpu(void *number)
{
    ran_on[(uint64_t)number] = 1 + this_cpu()->index;
}

TEST(a_ready_thread_wakes_the_cpu_that_has_the_least_to_do)
{
    struct thread *pinned, *any;

    memset(ran_on, 0, sizeof(ran_on));
    world_begin(3, 1);
    pinned = world_thread("pinned", note_cpu, (void *)0);
    pinned->pinned = 2;
    world_launch(pinned);
    CHECK(world_interrupts[2] == 1 && cpus[2].reschedule);
    any = world_thread("any", note_cpu, (void *)1);
    world_launch(any);
    CHECK(world_interrupts[0] + world_interrupts[1] == 1, "another one");
    world_settle();
    CHECK(ran_on[0] == 3 && (ran_on[1] == 1 || ran_on[1] == 2));
    world_end();
}

static bool high_ran;

static void be_high(void *unused)
{
    (void)unused;
    high_ran = true;
}

static void be_normal(void *unused)
{
    struct thread *high = world_thread("high", be_high, NULL);
    struct thread *equal = world_thread("equal", note_cpu, (void *)3);

    (void)unused;
    world_launch(equal);
    CHECK(!this_cpu()->reschedule, "an equal waits for its turn");
    high->priority = PRIORITY_HIGH;
    world_launch(high);
    CHECK(this_cpu()->reschedule && !high_ran);
    interrupts_save();
    scheduler_preempt();
    interrupts_restore(true);
    CHECK(high_ran && ran_on[3] == 0, "who is more important has run, the equal has not");
}

TEST(who_is_more_important_preempts_and_equals_do_not)
{
    memset(ran_on, 0, sizeof(ran_on));
    high_ran = false;
    world_begin(1, 1);
    world_launch(world_thread("normal", be_normal, NULL));
    world_settle();
    CHECK(ran_on[3] == 1);
    world_end();
}

static void spin_forever(void *counter)
{
    while (turns < 4000) {
        ++*(unsigned *)counter;
        turns++;
        world_pause();
    }
}

TEST(equals_share_a_cpu)
{
    unsigned counts[3] = {0};

    turns = 0;
    world_begin(1, 5);
    for (unsigned i = 0; i < 3; i++)
        world_launch(world_thread("spinner", spin_forever, &counts[i]));
    world_run();
    for (unsigned i = 0; i < 3; i++)
        CHECK(counts[i] > 4000 / 6, "%u %u %u", counts[0], counts[1], counts[2]);
    world_end();
}

