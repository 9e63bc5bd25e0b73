/* process_table.c: parents, children, and how processes end. */
#include "process_table.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "cpu.h"
#include "cpu/instructions.h"
#include "debugger.h"
#include "kmalloc.h"
#include "printk.h"
#include "process.h"
#include "syscall_numbers.h"
#include "thread.h"

#define FIRST_PID 1

struct process *process_first;
struct mutex process_lock = MUTEX("process_lock");

static struct condition child_ended = CONDITION("child_ended");

uint64_t process_table_next_pid(void)
{
    static _Atomic uint64_t next = FIRST_PID;

    return atomic_fetch_add(&next, 1);
}

void process_table_add(struct process *process)
{
    mutex_lock(&process_lock);
    process->next = process_first;
    process_first = process;
    mutex_unlock(&process_lock);
}

static void free_process(struct process *process)
{
    struct process **link = &process_first;

    while (*link != process)
        link = &(*link)->next;
    *link = process->next;
    kfree(process);
}

/* A child that the call would return, else one that may become it, else NULL. */
static struct process *find_child(const struct process *parent, uint64_t pid)
{
    struct process *found = NULL;

    for (struct process *p = process_first; p != NULL; p = p->next) {
        if (p->parent == parent && (pid == 0 || p->pid == pid) && (found == NULL || p->ended))
            found = p;
    }
    return found;
}

int64_t process_wait(uint64_t pid, int *status)
{
    const struct process *parent = process_current();
    int64_t result = ERROR_NO_CHILD;
    struct process *child;

    mutex_lock(&process_lock);
    while ((child = find_child(parent, pid)) != NULL && !child->ended)
        condition_wait(&child_ended, &process_lock, WAIT_FOR_EVER);
    if (child != NULL) {
        result = (int64_t)child->pid;
        *status = child->status;
        free_process(child);
    }
    mutex_unlock(&process_lock);
    return result;
}

/* Nobody will ask for them. */
static void disown_children(const struct process *parent)
{
    struct process *next;

    for (struct process *p = process_first; p != NULL; p = next) {
        next = p->next;
        if (p->parent != parent)
            continue;
        p->parent = NULL;
        if (p->ended)
            free_process(p);
    }
}

/* The thread is the kernel's from here on: its process may be freed before it has ended. */
static void leave(struct thread *thread, struct process *process)
{
    struct address_space space = process->space;

    thread->space = NULL;
    process->space.root = 0;
    write_cr3(kernel_space.root);
    debugger_space_gone(space.root);
    address_space_destroy(&space);
    thread->fpu = NULL;
    thread->process = NULL;
}

void process_end(int status)
{
    struct process *process = process_current();

    if (process->pid == FIRST_PID)
        printk("process: %s (pid %lu) has ended: %d\n", program_name(process->program),
               process->pid, status);
    memcpy(process->name, current_thread()->name, sizeof(process->name));
    leave(current_thread(), process);
    mutex_lock(&process_lock);
    disown_children(process);
    process->thread = NULL;
    process->status = status;
    process->ended = true;
    if (process->parent == NULL)
        free_process(process);
    condition_broadcast(&child_ended);
    mutex_unlock(&process_lock);
    thread_exit();
}
