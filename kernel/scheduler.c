/* scheduler.c: from one thread to the next. */
#include "scheduler.h"

#include "cpu/apic.h"
#include "cpu/clock.h"
#include "cpu/context.h"
#include "cpu/instructions.h"
#include "cpu/trap.h"
#include "panic.h"
#include "run_queue.h"
#include "sleepers.h"

struct spinlock scheduler_lock = SPINLOCK("scheduler_lock");
static struct run_queue ready_threads;

void scheduler_online(struct thread *thread, struct thread *idle)
{
    struct cpu *cpu = this_cpu();

    thread->state = THREAD_RUNNING;
    thread->cpu = idle->cpu = cpu->index;
    cpu->idle = idle;
    cpu->kernel_stack = thread->stack_top;
    cpu->slice = SLICE_TICKS;
    cpu->current = thread;
}

/* Each interrupt that makes a thread ready also ends the halt, and switches before it returns. */
void scheduler_idle(void)
{
    for (;;)
        __asm__ volatile("sti; hlt");
}

/* Who had to make way for someone more important has not had its turn. */
static void get_in_line(const struct cpu *cpu, struct thread *thread)
{
    thread->state = THREAD_READY;
    if (thread->idle)
        return;
    if (cpu->slice > 0)
        run_queue_put_first(&ready_threads, thread);
    else
        run_queue_put(&ready_threads, thread);
}

void scheduler_switch(void)
{
    struct cpu *cpu = this_cpu();
    struct thread *from = cpu->current;

    cpu->reschedule = false;
    if (from->state == THREAD_RUNNING)
        get_in_line(cpu, from);

    struct thread *to = run_queue_take(&ready_threads, cpu->index);

    if (to == NULL)
        to = cpu->idle;
    to->state = THREAD_RUNNING;
    to->cpu = cpu->index;
    cpu->slice = SLICE_TICKS;
    if (to == from)
        return;
    cpu->switches++;
    context_prepare(cpu, from, to);
    thread_switch(from, to);
}

/* How much a CPU would lose if it ran something else. */
static int importance(const struct cpu *cpu)
{
    return cpu->current->idle ? -1 : cpu->current->priority;
}

/* The CPU with the least to do that may run the thread; NULL: all have more important work. */
static struct cpu *cpu_for(const struct thread *thread)
{
    struct cpu *best = NULL;

    for (unsigned i = 0; i < cpu_count; i++) {
        struct cpu *cpu = &cpus[i];

        if (!cpu->online || cpu->current == NULL || cpu->reschedule ||
            (thread->pinned != THREAD_ANY_CPU && thread->pinned != (int)i) ||
            importance(cpu) >= thread->priority)
            continue;
        if (best == NULL || importance(cpu) < importance(best))
            best = cpu;
    }
    return best;
}

void scheduler_ready(struct thread *thread)
{
    struct cpu *cpu;

    thread->state = THREAD_READY;
    thread->waits_for = NULL;
    run_queue_put(&ready_threads, thread);
    cpu = cpu_for(thread);
    if (cpu == NULL)
        return;
    cpu->reschedule = true;
    apic_interrupt(cpu->apic_id, VECTOR_RESCHEDULE);
}

/* One CPU keeps the time for all of them. */
static void wake_sleepers(void)
{
    struct thread *thread;

    while ((thread = sleepers_take(clock_ticks)) != NULL) {
        thread->timed_out = true;
        if (thread->waits_for != NULL)
            wait_queue_remove((struct wait_queue *)thread->waits_for, thread);
        scheduler_ready(thread);
    }
}

void scheduler_tick(void)
{
    struct cpu *cpu = this_cpu();

    cpu->ticks++;
    if (cpu->current == NULL)
        return;
    cpu->current->ticks++;
    if (cpu->index == 0) {
        spin_lock(&scheduler_lock);
        wake_sleepers();
        spin_release(&scheduler_lock);
    }
    if (cpu->slice > 0)
        cpu->slice--;
    if (cpu->slice == 0)
        cpu->reschedule = true;
}

void scheduler_preempt(void)
{
    if (this_cpu()->current == NULL || !this_cpu()->reschedule)
        return;
    spin_lock(&scheduler_lock);
    scheduler_switch();
    spin_release(&scheduler_lock);
}

bool scheduler_wait(struct wait_queue *queue, struct spinlock *guard, uint64_t ticks)
{
    struct thread *self = current_thread();

    if (self->idle)
        panic("%s wants to wait: an idle thread or its interrupt cannot", self->name);
    self->state = queue != NULL ? THREAD_BLOCKED : THREAD_SLEEPING;
    self->waits_for = queue;
    self->timed_out = false;
    if (queue != NULL)
        wait_queue_put(queue, self);
    if (ticks != WAIT_FOR_EVER)
        sleepers_put(self, clock_ticks + ticks + 1); /* this tick has begun already */
    if (guard != NULL)
        spin_release(guard);
    scheduler_switch();
    return !self->timed_out;
}

struct thread *scheduler_wake(struct wait_queue *queue)
{
    struct thread *thread = wait_queue_take(queue);

    if (thread == NULL)
        return NULL;
    sleepers_remove(thread);
    scheduler_ready(thread);
    return thread;
}
