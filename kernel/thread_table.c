/* thread_table.c: a list with two ends. */
#include "thread_table.h"

struct thread *thread_first;
static struct thread *thread_last;
static size_t count;
static uint64_t ids; /* that were given away */

bool thread_table_add(struct thread *thread)
{
    if (count == THREADS_MAX)
        return false;
    thread->id = ++ids;
    thread->previous = thread_last;
    thread->next = NULL;
    if (thread_last == NULL)
        thread_first = thread;
    else
        thread_last->next = thread;
    thread_last = thread;
    count++;
    return true;
}

void thread_table_remove(struct thread *thread)
{
    if (thread->previous == NULL)
        thread_first = thread->next;
    else
        thread->previous->next = thread->next;
    if (thread->next == NULL)
        thread_last = thread->previous;
    else
        thread->next->previous = thread->previous;
    thread->next = thread->previous = NULL;
    count--;
}

struct thread *thread_table_find(uint64_t id)
{
    struct thread *thread = thread_first;

    while (thread != NULL && thread->id < id)
        thread = thread->next;
    return thread != NULL && thread->id == id ? thread : NULL;
}

size_t thread_count(void)
{
    return count;
}
