/* test_threads_queues.c: the lists that threads can be in, without a scheduler. */
#include "run_queue.h"
#include "sleepers.h"
#include "test.h"
#include "thread_table.h"

#include <string.h>

static struct thread make(uint8_t priority, int pinned)
{
    return (struct thread){.priority = priority, .pinned = pinned};
}

TEST(run_queue_takes_the_highest_priority_and_there_who_came_first)
{
    struct run_queue queue = {0};
    struct thread low = make(PRIORITY_LOW, THREAD_ANY_CPU), first = make(PRIORITY_NORMAL, THREAD_ANY_CPU);
    struct thread second = first, high = make(PRIORITY_HIGH, THREAD_ANY_CPU);

    run_queue_put(&queue, &low);
    run_queue_put(&queue, &first);
    run_queue_put(&queue, &second);
    run_queue_put(&queue, &high);
    CHECK(run_queue_take(&queue, 0) == &high);
    CHECK(run_queue_take(&queue, 0) == &first);
    run_queue_put(&queue, &first);
    CHECK(run_queue_take(&queue, 0) == &second);
    CHECK(run_queue_take(&queue, 0) == &first);
    CHECK(run_queue_take(&queue, 0) == &low);
    CHECK(run_queue_take(&queue, 0) == NULL);
}

TEST(run_queue_leaves_pinned_threads_to_their_cpu)
{
    struct run_queue queue = {0};
    struct thread pinned[3] = {make(PRIORITY_NORMAL, 1), make(PRIORITY_NORMAL, 2), make(PRIORITY_NORMAL, 1)};
    struct thread any = make(PRIORITY_LOW, THREAD_ANY_CPU);

    for (unsigned i = 0; i < 3; i++)
        run_queue_put(&queue, &pinned[i]);
    run_queue_put(&queue, &any);
    CHECK(run_queue_take(&queue, 0) == &any);
    CHECK(run_queue_take(&queue, 0) == NULL);
    CHECK(run_queue_take(&queue, 2) == &pinned[1]); /* from the middle */
    CHECK(run_queue_take(&queue, 1) == &pinned[0]);
    run_queue_put(&queue, &any);
    run_queue_put(&queue, &pinned[1]);
    CHECK(run_queue_take(&queue, 1) == &pinned[2]);
    CHECK(run_queue_take(&queue, 2) == &pinned[1]);
    run_queue_put(&queue, &pinned[0]); /* the list has a right end again */
    CHECK(run_queue_take(&queue, 1) == &pinned[0] && run_queue_take(&queue, 1) == &any);
}

TEST(sleepers_wake_in_the_order_of_their_times)
{
    struct thread t[4] = {{0}};

    sleepers_put(&t[0], 30);
    sleepers_put(&t[1], 10);
    sleepers_put(&t[2], 20);
    sleepers_put(&t[3], 10);
    CHECK(sleepers_take(9) == NULL);
    CHECK(sleepers_take(10) == &t[1] && t[1].wake_at == 0);
    CHECK(sleepers_take(10) == &t[3] && sleepers_take(10) == NULL);
    sleepers_remove(&t[2]);
    sleepers_remove(&t[2]); /* is none any more: fine */
    CHECK(sleepers_take(UINT64_MAX) == &t[0] && sleepers_take(UINT64_MAX) == NULL);
}

TEST(wait_queue_is_first_come_first_served_and_can_be_left)
{
    struct wait_queue queue = WAIT_QUEUE("test", "queue");
    struct thread t[3] = {{0}};

    CHECK(wait_queue_take(&queue) == NULL);
    for (unsigned leaver = 0; leaver < 3; leaver++) {
        for (unsigned i = 0; i < 3; i++)
            wait_queue_put(&queue, &t[i]);
        wait_queue_remove(&queue, &t[leaver]);
        wait_queue_put(&queue, &t[leaver]);
        for (unsigned i = 0; i < 3; i++)
            if (i != leaver)
                CHECK(wait_queue_take(&queue) == &t[i]);
        CHECK(wait_queue_take(&queue) == &t[leaver] && wait_queue_take(&queue) == NULL);
    }
}

TEST(thread_ids_are_never_used_again)
{
    static struct thread t[THREADS_MAX + 1];
    uint64_t last = 0;

    for (unsigned i = 0; i < THREADS_MAX; i++) {
        CHECK(thread_table_add(&t[i]) && t[i].id > last, "thread %u", i);
        last = t[i].id;
    }
    CHECK(!thread_table_add(&t[THREADS_MAX]), "the table is full");
    CHECK(thread_count() == THREADS_MAX && thread_first == &t[0]);

    const unsigned gone[] = {0, THREADS_MAX / 2, THREADS_MAX - 1};

    for (unsigned i = 0; i < 3; i++) {
        uint64_t id = t[gone[i]].id;

        CHECK(thread_table_find(id) == &t[gone[i]]);
        thread_table_remove(&t[gone[i]]);
        CHECK(thread_table_find(id) == NULL && thread_count() == THREADS_MAX - 1);
        CHECK(thread_table_add(&t[gone[i]]) && t[gone[i]].id == ++last);
        CHECK(thread_table_find(last) == &t[gone[i]]);
    }
    CHECK(thread_table_find(0) == NULL && thread_table_find(UINT64_MAX) == NULL);

    unsigned count = 0;
    uint64_t before = 0;

    for (struct thread *thread = thread_first; thread != NULL; thread = thread->next, count++) {
        CHECK(thread->id > before);
        before = thread->id;
    }
    CHECK(count == THREADS_MAX);
    for (unsigned i = 0; i < THREADS_MAX; i++)
        thread_table_remove(&t[i]);
    CHECK(thread_first == NULL && thread_count() == 0);
}
