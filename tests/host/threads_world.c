/* threads_world.c: CPUs and the switch between threads, by the host's contexts. */
#include "threads_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <ucontext.h>

#include "cpu/apic.h"
#include "cpu/clock.h"
#include "cpu/context.h"
#include "cpu/instructions.h"
#include "panic.h"
#include "test.h"
#include "thread_table.h"

#define STACK_BYTES    0x10000
#define WORLD_THREADS  64
#define PATIENCE       1000000 /* turns of the world without an end */

struct world_thread {
    struct thread thread; /* first: the kernel knows only this */
    ucontext_t context;
    void (*run)(void *argument);
    void *argument;
    void *stack;
};

struct cpu cpus[CPUS_MAX];
unsigned cpu_count;
unsigned host_invalidated;
bool host_interrupts = true;
const void *host_gs;
volatile uint64_t clock_ticks;
unsigned world_interrupts[CPUS_MAX];

static struct world_thread *threads[WORLD_THREADS];
static unsigned thread_total, alive;
static struct world_thread idle[CPUS_MAX];
static ucontext_t outside;
static uint64_t random_state;
static bool chance; /* brings interrupts at pauses */

void panic(const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    test_fail("panic: %s", text);
}

uint32_t world_random(uint32_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % limit;
}

/* ---- what the scheduler calls of the machine ---- */

unsigned cpu_index(void)
{
    return this_cpu()->index;
}

void apic_interrupt(uint32_t id, uint8_t vector)
{
    (void)vector;
    world_interrupts[id]++;
}

void context_prepare(struct cpu *cpu, struct thread *from, const struct thread *to)
{
    CHECK(spin_is_locked(&scheduler_lock), "who switches holds the lock");
    CHECK(cpu->current == from && from != to, "a thread is switched away from where it is");
}

void thread_switch(struct thread *from, struct thread *to)
{
    struct world_thread *source = (struct world_thread *)from, *target = (struct world_thread *)to;

    ((struct cpu *)host_gs)->current = to;
    swapcontext(&source->context, &target->context);
}

static void interrupt(bool timer)
{
    host_interrupts = false;
    if (timer) {
        clock_ticks += this_cpu()->index == 0;
        scheduler_tick();
    }
    scheduler_preempt();
    host_interrupts = true;
}

/* ---- threads ---- */

static void enter(void)
{
    struct world_thread *self = (struct world_thread *)current_thread();

    spin_unlock(&scheduler_lock, true);
    self->run(self->argument);
    spin_lock(&scheduler_lock);
    self->thread.state = THREAD_DEAD;
    alive--;
    thread_table_remove(&self->thread);
    scheduler_switch();
    test_fail("a dead thread runs");
}

/* The idle thread of a CPU gives the world back, until there is something else to run. */
static void be_idle(void)
{
    struct world_thread *self = (struct world_thread *)current_thread();

    for (;;) {
        interrupt(false);
        swapcontext(&self->context, &outside);
    }
}

static void make_context(struct world_thread *t, void (*function)(void))
{
    t->stack = malloc(STACK_BYTES);
    getcontext(&t->context);
    t->context.uc_stack.ss_sp = t->stack;
    t->context.uc_stack.ss_size = STACK_BYTES;
    t->context.uc_link = NULL;
    makecontext(&t->context, function, 0);
}

struct thread *world_thread(const char *name, void (*run)(void *argument), void *argument)
{
    struct world_thread *t = calloc(1, sizeof(*t));

    CHECK(thread_total < WORLD_THREADS, "there is room for another thread");
    threads[thread_total++] = t;
    t->run = run;
    t->argument = argument;
    t->thread.priority = PRIORITY_NORMAL;
    t->thread.pinned = THREAD_ANY_CPU;
    snprintf(t->thread.name, sizeof(t->thread.name), "%s", name);
    make_context(t, enter);
    CHECK(thread_table_add(&t->thread), "there is room in the table");
    return &t->thread;
}

void world_launch(struct thread *thread)
{
    bool enabled = spin_lock(&scheduler_lock);

    alive++;
    scheduler_ready(thread);
    spin_unlock(&scheduler_lock, enabled);
}

/* ---- time ---- */

/* Let a CPU go on where it was: in its thread, which comes back at a pause or when all is done. */
static void go_on(unsigned number)
{
    host_gs = &cpus[number];
    host_interrupts = true;
    swapcontext(&outside, &((struct world_thread *)cpus[number].current)->context);
}

void world_pause(void)
{
    struct world_thread *self = (struct world_thread *)current_thread();

    CHECK(host_interrupts, "a thread that can be interrupted has interrupts on");
    if (!chance)
        return;
    swapcontext(&self->context, &outside);
    interrupt(world_random(4) == 0);
}

void world_tick(void)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        host_gs = &cpus[i];
        host_interrupts = false;
        clock_ticks += i == 0;
        scheduler_tick();
        host_interrupts = true;
    }
}

void world_run(void)
{
    chance = true;
    for (unsigned turns = 0; alive > 0; turns++) {
        unsigned number = world_random(cpu_count);

        CHECK(turns < PATIENCE, "%u threads do not end", alive);
        if (cpus[number].current->idle) {
            host_gs = &cpus[number];
            host_interrupts = false;
            clock_ticks += number == 0;
            scheduler_tick();
        }
        go_on(number);
    }
    chance = false;
}

void world_settle(void)
{
    bool busy = true;

    chance = false;
    while (busy) {
        busy = false;
        for (unsigned i = 0; i < cpu_count; i++) {
            busy |= cpus[i].reschedule || !cpus[i].current->idle;
            go_on(i);
        }
    }
}

void world_begin(unsigned count, uint64_t seed)
{
    random_state = seed;
    cpu_count = count;
    for (unsigned i = 0; i < count; i++) {
        cpus[i] = (struct cpu){.self = &cpus[i], .index = i, .apic_id = i, .online = true};
        idle[i].thread = (struct thread){.idle = true, .pinned = (int)i};
        make_context(&idle[i], be_idle);
        world_interrupts[i] = 0;
        host_gs = &cpus[i];
        scheduler_online(&idle[i].thread, &idle[i].thread);
    }
    host_gs = &cpus[0];
}

void world_end(void)
{
    CHECK(alive == 0, "every thread has ended");
    CHECK(!spin_is_locked(&scheduler_lock), "the scheduler's lock is free");
    for (unsigned i = 0; i < cpu_count * SPINLOCK_NOTES; i++)
        CHECK(cpus[i / SPINLOCK_NOTES].spinlocks[i % SPINLOCK_NOTES].lock == NULL,
              "no CPU says that it has a lock");
    for (unsigned i = 0; i < thread_total; i++) {
        free(threads[i]->stack);
        free(threads[i]);
    }
    for (unsigned i = 0; i < cpu_count; i++)
        free(idle[i].stack);
    thread_total = 0;
}
