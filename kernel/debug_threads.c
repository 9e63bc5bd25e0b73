/*
 * debug_threads.c: the list of threads as a debugger follows it: any pointer in it may be wrong.
 * The cursor and the handle are a thread's address.
 */
#include "debug_threads.h"

#include <stddef.h>
#include <string.h>

#include "cpu.h"
#include "cpu/switch.h"
#include "debug_read.h"
#include "mm/address_space.h"
#include "sync.h"
#include "thread.h"

/* What it waits for is followed here, so that thread_describe() need not be careful. */
static void describe(struct thread *copy, char *text, size_t size)
{
    char kind[16], name[32];
    struct wait_queue queue;

    if (copy->waits_for != NULL && debug_read(&queue, copy->waits_for, sizeof(queue))) {
        debug_read_text(kind, queue.kind, sizeof(kind));
        debug_read_text(name, queue.name, sizeof(name));
        queue.kind = kind;
        queue.name = name;
        copy->waits_for = &queue;
    } else {
        copy->waits_for = NULL;
    }
    thread_describe(copy, text, size);
}

/* The CPU whose current thread it is; -1: none. */
static int runs_on(const struct thread *thread)
{
    for (unsigned i = 0; i < cpu_count && i < CPUS_MAX; i++) {
        if (cpus[i].current == thread)
            return (int)i;
    }
    return -1;
}

static uint64_t root_of(const struct thread *copy)
{
    struct address_space space;

    if (copy->space == NULL)
        return kernel_space.root;
    return debug_read(&space, copy->space, sizeof(space)) ? space.root : 0;
}

static void tell_of(const struct thread *thread, struct debugger_thread *out)
{
    struct thread copy;

    if (!debug_read(&copy, thread, sizeof(copy)))
        return; /* id 0 says so */

    int cpu = runs_on(thread);

    out->id = copy.id;
    out->handle = (uint64_t)thread;
    out->running = cpu >= 0;
    out->cpu = cpu >= 0 ? cpu : (int)copy.cpu;
    out->cr3 = root_of(&copy);
    if (out->running)
        copy.state = THREAD_RUNNING; /* it may be about to wait, and say so already */
    else if (copy.state == THREAD_RUNNING)
        copy.state = THREAD_READY; /* chosen, and not yet switched to */
    memcpy(out->name, copy.name, sizeof(out->name));
    describe(&copy, out->state, sizeof(out->state));
}

bool debug_next_thread(uint64_t *cursor, struct debugger_thread *out)
{
    const struct thread *previous = (const struct thread *)*cursor, *thread = thread_first;

    if (previous != NULL && !debug_read(&thread, &previous->next, sizeof(thread)))
        return false;
    if (thread == NULL)
        return false;
    *cursor = (uint64_t)thread;
    tell_of(thread, out);
    return true;
}

bool debug_thread_on(unsigned cpu, struct debugger_thread *out)
{
    const struct thread *thread = cpu < CPUS_MAX ? cpus[cpu].current : NULL;

    if (thread != NULL)
        tell_of(thread, out);
    return thread != NULL;
}

/* It goes back to ring 3, whose bases it keeps; in between GS is whose processor it will be. */
static bool is_user(const struct thread *sleeper)
{
    void *fpu;

    return debug_read(&fpu, &sleeper->fpu, sizeof(fpu)) && fpu != NULL;
}

bool debug_thread_registers(const struct debugger_thread *thread,
                            struct debugger_thread_registers *registers)
{
    const struct thread *sleeper = (const struct thread *)thread->handle;
    uint64_t frame;

    if (!debug_read(&frame, &sleeper->rsp, sizeof(frame)))
        return false;
    registers->saved_at[DEBUGGER_R15] = frame + SWITCH_R15;
    registers->saved_at[DEBUGGER_R14] = frame + SWITCH_R14;
    registers->saved_at[DEBUGGER_R13] = frame + SWITCH_R13;
    registers->saved_at[DEBUGGER_R12] = frame + SWITCH_R12;
    registers->saved_at[DEBUGGER_RBX] = frame + SWITCH_RBX;
    registers->saved_at[DEBUGGER_RBP] = frame + SWITCH_RBP;
    registers->saved_at[DEBUGGER_RFLAGS] = frame + SWITCH_RFLAGS;
    registers->saved_at[DEBUGGER_RIP] = frame + SWITCH_RIP;
    registers->rsp = frame + SWITCH_SIZE;
    if (is_user(sleeper)) {
        registers->saved_at[DEBUGGER_FS_BASE] = (uint64_t)&sleeper->fs_base;
        registers->saved_at[DEBUGGER_K_GS_BASE] = (uint64_t)&sleeper->gs_base;
    }
    return true;
}

/* No breakpoint can be set there: the debugger would hit it. 1: there are no threads yet. */
__attribute__((section(".text.entry"))) uint64_t debug_this_thread(void)
{
    const struct thread *thread = cpus[cpu_index()].current;

    return thread != NULL ? thread->id : 1;
}
