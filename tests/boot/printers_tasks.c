/* printers_tasks.c: threads and their queues, whole and broken, for gdb to read (test_printers.py). */
#include "cpu.h"
#include "process.h"
#include "run_queue.h"
#include "sync.h"
#include "thread.h"

extern struct mutex held;

struct thread waiter_2 = {.id = 4, .name = "waiter/2", .state = THREAD_BLOCKED, .waits_for = &held.waiters};
struct thread waiter_1 = {
    .id = 3, .name = "waiter/1", .state = THREAD_BLOCKED, .waits_for = &held.waiters, .queue_next = &waiter_2};
struct thread owner = {.id = 2, .name = "owner", .state = THREAD_READY, .priority = PRIORITY_HIGH, .cpu = 1};
struct thread sleeper = {.id = 5, .name = "sleeper", .state = THREAD_SLEEPING, .wake_at = 77};
/* It runs: it was about to sleep. */
struct thread current = {.id = 6, .name = "a name of all the 32 characters!", .state = THREAD_SLEEPING};
struct thread lost = {.id = 7, .name = "lost\xff", .state = THREAD_BLOCKED, .waits_for = (struct wait_queue *)16};
struct cpu cpus[CPUS_MAX] = {[1] = {.current = &current}};

struct mutex held = {.owner = &owner,
                     .waiters = {.kind = "mutex", .name = "held", .first = &waiter_1, .last = &waiter_2},
                     .contended = 2};
struct mutex open = MUTEX("open");
struct mutex stolen = {.owner = (struct thread *)16, .waiters = {.kind = "mutex", .name = (const char *)16}};
struct condition filled = CONDITION("filled");

struct thread round_1;
struct thread round_2 = {.id = 9, .name = "round/2", .queue_next = &round_1};
struct thread round_1 = {.id = 8, .name = "round/1", .queue_next = &round_2};
struct wait_queue turning = {.kind = "queue", .name = "turning", .first = &round_1, .last = &round_2};
struct wait_queue torn = {.kind = "queue", .name = "torn", .first = &waiter_2, .last = &waiter_1};

struct run_queue queue = {.lists = {[PRIORITY_LOW] = {&sleeper, &sleeper}, [PRIORITY_HIGH] = {&owner, &owner}}};

struct process runs = {.pid = 3, .thread = &owner};
struct process over = {.pid = 4, .ended = true, .status = -11};
