/* sync_mutex.c: mutexes and conditions. */
#include "sync.h"

#include <stddef.h>

#include "cpu.h"
#include "panic.h"
#include "thread.h"

/* The list is the thread's own: nobody else touches it. */
static void note_held(struct thread *self, struct mutex *mutex)
{
    mutex->held_next = self->held;
    self->held = mutex;
}

static void forget_held(struct thread *self, struct mutex *mutex)
{
    struct mutex **link = &self->held;

    while (*link != NULL && *link != mutex)
        link = &(*link)->held_next;
    if (*link != NULL)
        *link = mutex->held_next;
}

void mutex_lock(struct mutex *mutex)
{
    struct thread *self = current_thread();
    bool enabled = spin_lock(&mutex->guard);

    if (mutex->owner == self)
        panic("mutex %s: %s has it already", mutex->waiters.name, self->name);
    if (mutex->owner == NULL) {
        mutex->owner = self;
    } else {
        mutex->contended++;
        wait_on(&mutex->waiters, &mutex->guard, WAIT_FOR_EVER);
    }
    if (mutex->owner != self)
        panic("mutex %s: was not handed over to %s", mutex->waiters.name, self->name);
    note_held(self, mutex);
    spin_unlock(&mutex->guard, enabled);
}

bool mutex_try_lock(struct mutex *mutex)
{
    bool enabled = spin_lock(&mutex->guard);
    bool taken = mutex->owner == NULL;

    if (taken) {
        mutex->owner = current_thread();
        note_held(current_thread(), mutex);
    }
    spin_unlock(&mutex->guard, enabled);
    return taken;
}

void mutex_unlock(struct mutex *mutex)
{
    bool enabled = spin_lock(&mutex->guard);

    if (mutex->owner != current_thread())
        panic("mutex %s: %s does not have it", mutex->waiters.name, current_thread()->name);
    forget_held(current_thread(), mutex);
    mutex->owner = wake_first(&mutex->waiters);
    spin_unlock(&mutex->guard, enabled);
}

/* The condition's guard is taken before the mutex goes: no signal can come between. */
bool condition_wait(struct condition *condition, struct mutex *mutex, uint64_t ticks)
{
    bool enabled = spin_lock(&condition->guard);

    mutex_unlock(mutex);

    bool signalled = wait_on(&condition->waiters, &condition->guard, ticks);

    spin_unlock(&condition->guard, enabled);
    mutex_lock(mutex);
    return signalled;
}

void condition_signal(struct condition *condition)
{
    bool enabled = spin_lock(&condition->guard);

    wake_first(&condition->waiters);
    spin_unlock(&condition->guard, enabled);
}

void condition_broadcast(struct condition *condition)
{
    bool enabled = spin_lock(&condition->guard);

    wake_all(&condition->waiters);
    spin_unlock(&condition->guard, enabled);
}
