/*
 * debug_processes.c: the list of processes as a debugger follows it, any pointer in it may be
 * wrong; and pages for the debugger's copies. The cursor is a process's address.
 */
#include "debug_processes.h"

#include <stddef.h>
#include <string.h>

#include "debug_read.h"
#include "process.h"
#include "shared_page.h"
#include "thread.h"

/* One for each breakpoint that a client may set in a program, but for the unlikely. */
#define PAGES 32

bool debug_next_process(uint64_t *cursor, struct debugger_process *out)
{
    const struct process *previous = (const struct process *)*cursor, *process = process_first;
    struct process copy;
    struct thread thread;

    if (previous != NULL && !debug_read(&process, &previous->next, sizeof(process)))
        return false;
    if (process == NULL || !debug_read(&copy, process, sizeof(copy)))
        return false;
    *cursor = (uint64_t)process;
    out->pid = copy.pid;
    out->cr3 = copy.space.root;
    if (copy.thread == NULL || !debug_read(&thread, copy.thread, sizeof(thread))) {
        memcpy(out->name, copy.name, sizeof(out->name));
        memcpy(out->state, "ended", sizeof("ended"));
        return true;
    }
    out->thread = thread.id;
    memcpy(out->name, thread.name, sizeof(out->name));
    return true;
}
_Static_assert(sizeof(((struct debugger_process *)0)->name) == THREAD_NAME_MAX, "copied as it is");

/* ---- pages ---- */

static uint64_t pages[PAGES]; /* 0: to be replaced */

/* Shared pages already, so that handing one out needs no lock. */
void debug_pages_refill(void)
{
    for (size_t i = 0; i < PAGES && debugger_active(); i++) {
        uint64_t none = 0, page;

        if (__atomic_load_n(&pages[i], __ATOMIC_RELAXED) != 0)
            continue;
        page = shared_page_alloc();
        if (page == 0)
            return;
        if (!__atomic_compare_exchange_n(&pages[i], &none, page, false, __ATOMIC_ACQ_REL,
                                         __ATOMIC_RELAXED))
            shared_page_drop(page);
    }
}

/* On the way of a breakpoint into memory: there can be none in here. */
__attribute__((section(".text.entry"))) uint64_t debug_own_page(uint64_t page)
{
    unsigned holders = shared_page_peek(page);

    for (size_t i = 0; i < PAGES && holders > 1; i++) {
        uint64_t copy = __atomic_exchange_n(&pages[i], 0, __ATOMIC_ACQ_REL);

        if (copy == 0)
            continue;
        shared_page_leave(page);
        return copy;
    }
    return holders == 1 ? page : 0;
}
