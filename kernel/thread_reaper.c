/* thread_reaper.c: the end of the dead. */
#include "thread_reaper.h"

#include "kmalloc.h"
#include "panic.h"
#include "scheduler.h"
#include "smp.h"
#include "sync.h"
#include "thread_stack.h"
#include "thread_table.h"

static struct thread *dead_threads; /* linked by queue_next */
static struct wait_queue work = WAIT_QUEUE("work", "dead threads");

void thread_reaper_call(struct thread *dead)
{
    dead->queue_next = dead_threads;
    dead_threads = dead;
    scheduler_wake(&work);
}

/*
 * Waits for other CPUs, who must not see the stacks any more. If one does not answer (it may be
 * held by a debugger while this one runs), the memory is lost rather than used for something else.
 */
void thread_bury(struct thread *threads)
{
    for (struct thread *t = threads; t != NULL; t = t->queue_next)
        t->stack = thread_stack_unmap(t->stack);

    bool unseen = smp_flush();

    while (threads != NULL) {
        struct thread *next = threads->queue_next;

        if (unseen)
            thread_stack_free(threads->stack);
        kfree(threads->fpu);
        kfree(threads);
        threads = next;
    }
}

/* Who is dead has left its stack once the lock is ours: it was held until then. */
static struct thread *take_the_dead(void)
{
    bool enabled = spin_lock(&scheduler_lock);

    while (dead_threads == NULL)
        scheduler_wait(&work, NULL, WAIT_FOR_EVER);

    struct thread *threads = dead_threads;

    dead_threads = NULL;
    for (struct thread *t = threads; t != NULL; t = t->queue_next)
        thread_table_remove(t);
    spin_unlock(&scheduler_lock, enabled);
    return threads;
}

static void reap(void *unused)
{
    (void)unused;
    for (;;)
        thread_bury(take_the_dead());
}

void thread_reaper_start(void)
{
    struct thread *reaper = thread_create("reaper", reap, NULL);

    if (reaper == NULL)
        panic("no memory for the reaper of threads");
    reaper->priority = PRIORITY_HIGH;
    thread_launch(reaper);
}
