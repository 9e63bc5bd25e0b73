/* thread.c: how threads begin and end. */
#include "thread.h"

#include <string.h>

#include "cpu/descriptors.h"
#include "cpu/instructions.h"
#include "kmalloc.h"
#include "panic.h"
#include "scheduler.h"
#include "thread_reaper.h"
#include "thread_stack.h"
#include "thread_table.h"

#define RFLAGS_FIXED 2 /* bit 1 is always set */

/* switch.S calls it on the stack of a new thread, with the lock that was taken to switch there. */
_Noreturn void thread_enter(void (*run)(void *argument), void *argument);

static struct wait_queue exits = WAIT_QUEUE("the end of", "a thread");

static void set_name(struct thread *thread, const char *name)
{
    size_t length = strlen(name);

    if (length >= THREAD_NAME_MAX)
        length = THREAD_NAME_MAX - 1;
    memcpy(thread->name, name, length);
    thread->name[length] = '\0';
}

/* As if it had called thread_switch() at the very start of its life. */
static void make_switch_frame(struct thread *thread, void (*run)(void *), void *argument)
{
    struct switch_frame *frame = (struct switch_frame *)thread->stack_top - 1;

    *frame = (struct switch_frame){
        .r12 = (uint64_t)run,
        .r13 = (uint64_t)argument,
        .rflags = RFLAGS_FIXED,
        .rip = (uint64_t)thread_start_here,
    };
    thread->rsp = (uint64_t)frame;
}

static bool add_to_table(struct thread *thread)
{
    bool enabled = spin_lock(&scheduler_lock);
    bool added = thread_table_add(thread);

    spin_unlock(&scheduler_lock, enabled);
    return added;
}

struct thread *thread_create(const char *name, void (*run)(void *argument), void *argument)
{
    struct thread *thread = kcalloc(1, sizeof(*thread));

    if (thread == NULL)
        return NULL;
    thread->stack = thread_stack_make();
    if (thread->stack == 0) {
        kfree(thread);
        return NULL;
    }
    set_name(thread, name);
    thread->state = THREAD_NEW;
    thread->priority = PRIORITY_NORMAL;
    thread->pinned = THREAD_ANY_CPU;
    thread->stack_top = thread->stack + THREAD_STACK_SIZE;
    make_switch_frame(thread, run, argument);
    if (add_to_table(thread))
        return thread;
    thread_bury(thread);
    return NULL;
}

uint64_t thread_launch(struct thread *thread)
{
    uint64_t id = thread->id; /* who runs may end */
    bool enabled = spin_lock(&scheduler_lock);

    scheduler_ready(thread);
    spin_unlock(&scheduler_lock, enabled);
    return id;
}

uint64_t thread_run(const char *name, void (*run)(void *argument), void *argument)
{
    struct thread *thread = thread_create(name, run, argument);

    return thread != NULL ? thread_launch(thread) : 0;
}

void thread_enter(void (*run)(void *argument), void *argument)
{
    spin_unlock(&scheduler_lock, true);
    run(argument);
    thread_exit();
}

void thread_exit(void)
{
    struct thread *self = current_thread();

    spin_lock(&scheduler_lock);
    self->state = THREAD_DEAD;
    while (scheduler_wake(&exits) != NULL)
        ;
    thread_reaper_call(self);
    scheduler_switch();
    panic("thread %lu \"%s\" runs, but is dead", self->id, self->name);
}

void thread_join(uint64_t id)
{
    const struct thread *thread;
    bool enabled = spin_lock(&scheduler_lock);

    if (id == current_thread()->id)
        panic("thread %lu wants to wait for its own end", id);
    while ((thread = thread_table_find(id)) != NULL && thread->state != THREAD_DEAD)
        scheduler_wait(&exits, NULL, WAIT_FOR_EVER);
    spin_unlock(&scheduler_lock, enabled);
}

void thread_yield(void)
{
    bool enabled = spin_lock(&scheduler_lock);

    this_cpu()->slice = 0; /* its turn is over */
    scheduler_switch();
    spin_unlock(&scheduler_lock, enabled);
}

void thread_sleep(uint64_t ticks)
{
    bool enabled = spin_lock(&scheduler_lock);

    scheduler_wait(NULL, NULL, ticks);
    spin_unlock(&scheduler_lock, enabled);
}
