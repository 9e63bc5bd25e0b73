/*
 * debug_locks.c: the locks that a thread holds, or its CPU waits for, as a debugger follows them:
 * any pointer may be wrong. The cursor counts the CPU's notes of spinlocks, then it is a mutex.
 */
#include "debug_locks.h"

#include <stddef.h>
#include <string.h>

#include "cpu.h"
#include "debug_read.h"
#include "sync.h"
#include "thread.h"

/* The same lock twice is one that is waited for by who has it. */
static bool noted_before(const struct cpu *cpu, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        if (cpu->spinlocks[i].lock == cpu->spinlocks[n].lock)
            return true;
    }
    return false;
}

/* The thread that a lock says has it; 0: it says nothing that makes sense. */
static uint64_t thread_of(unsigned holder)
{
    const struct thread *thread = holder <= CPUS_MAX ? cpus[holder - 1].current : NULL;
    uint64_t id;

    return thread != NULL && debug_read(&id, &thread->id, sizeof(id)) ? id : 0;
}

/* One that nobody has is about to be taken, or its text is no lock's any more. */
static bool tell_spinlock(unsigned number, uint64_t n, struct debugger_lock *out)
{
    const struct cpu *cpu = &cpus[number];
    const struct spinlock *lock = cpu->spinlocks[n].lock;
    struct spinlock copy;

    if (lock == NULL || !debug_read(&copy, lock, sizeof(copy)) || copy.holder == 0)
        return false;
    out->address = (uint64_t)lock;
    out->since = cpu->spinlocks[n].since;
    out->waits = copy.holder != number + 1 || noted_before(cpu, n);
    out->holder = thread_of(copy.holder);
    memcpy(out->kind, "spinlock", sizeof("spinlock"));
    debug_read_text(out->name, copy.name, sizeof(out->name));
    return true;
}

static bool tell_mutex(struct mutex *const *from, uint64_t *cursor, struct debugger_lock *out)
{
    const struct mutex *mutex;
    struct mutex copy;

    if (!debug_read(&mutex, from, sizeof(mutex)) || mutex == NULL ||
        !debug_read(&copy, mutex, sizeof(copy)))
        return false;
    *cursor = out->address = (uint64_t)mutex;
    debug_read_text(out->kind, copy.waiters.kind, sizeof(out->kind));
    debug_read_text(out->name, copy.waiters.name, sizeof(out->name));
    return true;
}

/* The next mutex is said by the last: what is read is a copy. */
bool debug_held_lock(const struct debugger_thread *thread, uint64_t *cursor,
                     struct debugger_lock *out)
{
    const struct thread *holder = (const struct thread *)thread->handle;

    *out = (struct debugger_lock){0};
    while (thread->running && (unsigned)thread->cpu < CPUS_MAX && *cursor < SPINLOCK_NOTES) {
        if (tell_spinlock((unsigned)thread->cpu, (*cursor)++, out))
            return true;
    }
    return tell_mutex(*cursor <= SPINLOCK_NOTES ? &holder->held
                                               : &((const struct mutex *)*cursor)->held_next,
                      cursor, out);
}
