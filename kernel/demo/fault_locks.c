/* fault_locks.c: spinlocks in ways they are not meant for. */
#include "cpu.h"
#include "demo/fault_kinds.h"
#include "spinlock.h"
#include "thread.h"

static struct spinlock first_lock = SPINLOCK("first_lock"), second_lock = SPINLOCK("second_lock");

void fault_spinlock(void)
{
    bool enabled = spin_lock(&first_lock);

    fault_page_null_read();
    spin_unlock(&first_lock, enabled);
}

/* In the wrong order. */
static void rival(void *unused)
{
    (void)unused;
    spin_lock(&second_lock);
    spin_lock(&first_lock);
}

/* On another CPU, or not at all. */
static struct thread *make_rival(void)
{
    struct thread *thread = cpu_count > 1 ? thread_create("rival", rival, NULL) : NULL;

    if (thread != NULL)
        thread->pinned = this_cpu()->index == 0 ? 1 : 0;
    return thread;
}

/* Two CPUs, each with the lock that the other one waits for; or one that waits for itself. */
void fault_deadlock(void)
{
    struct thread *other = make_rival();

    spin_lock(&first_lock);
    if (other == NULL)
        spin_lock(&first_lock);
    thread_launch(other);
    while (!spin_is_locked(&second_lock))
        cpu_relax();
    spin_lock(&second_lock);
}
