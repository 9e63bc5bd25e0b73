/* threads.c: threads that nobody creates as the others are. */
#include "threads.h"

#include <string.h>

#include "cpu/stack.h"
#include "format.h"
#include "panic.h"
#include "scheduler.h"
#include "thread_reaper.h"
#include "thread_table.h"

extern struct guarded_stack boot_stack; /* boot.S */

static struct thread main_thread = {
    .name = "main",
    .priority = PRIORITY_NORMAL,
    .pinned = 0, /* the demo's interrupts are this CPU's */
};

static void idle(void *unused)
{
    (void)unused;
    scheduler_idle();
}

static size_t print(char *text, size_t size, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);

    size_t length = format_text(text, size, format, arguments);

    va_end(arguments);
    return length;
}

struct thread *threads_make_idle(unsigned cpu)
{
    char name[THREAD_NAME_MAX];

    print(name, sizeof(name), "idle/%u", cpu);

    struct thread *thread = thread_create(name, idle, NULL);

    if (thread == NULL)
        panic("no memory for the idle thread of cpu %u", cpu);
    thread->idle = true;
    thread->priority = PRIORITY_LOW;
    thread->pinned = (int)cpu;
    thread->state = THREAD_READY;
    return thread;
}

void threads_init(void)
{
    main_thread.stack = (uint64_t)boot_stack.memory;
    main_thread.stack_top = stack_top(&boot_stack);
    thread_table_add(&main_thread);
    this_cpu()->current = &main_thread; /* so that it can wait for memory */
    scheduler_online(&main_thread, threads_make_idle(0));
    thread_reaper_start();
}

void thread_describe(const struct thread *thread, char *text, size_t size)
{
    static const char *const states[] = {
        [THREAD_NEW] = "new",           [THREAD_READY] = "ready",
        [THREAD_RUNNING] = "running",   [THREAD_SLEEPING] = "sleeping",
        [THREAD_BLOCKED] = "blocked on", [THREAD_DEAD] = "dead",
    };
    const struct wait_queue *queue = thread->waits_for;

    if (thread->state == THREAD_BLOCKED && queue != NULL)
        print(text, size, "blocked on %s %s", queue->kind, queue->name);
    else
        print(text, size, "%s", thread->state <= THREAD_DEAD ? states[thread->state] : "?");
}
