/* work.h: what the files of this directory share. */
#ifndef WORKLOAD_WORK_H
#define WORKLOAD_WORK_H

#include <stddef.h>

#include "panic.h"
#include "sync.h"
#include "thread.h"
#include "workload/workload.h"

/* For names that a debugger can break on. */
#define WORK_CALLED __attribute__((noinline, noclone, used))

/* claim is a sentence. */
#define WORK_CHECK(holds, claim)                                                                   \
    do {                                                                                           \
        if (!(holds))                                                                              \
            panic("workload: not true any more: %s", claim);                                       \
    } while (0)

extern bool work_is_full;

/* "name/0" */
void work_name(char numbered[static THREAD_NAME_MAX], const char *name, uint64_t number);

/* Launch count threads, "name/0" ...; their argument is the number. Panics if it cannot. */
void work_launch(const char *name, unsigned count, void (*run)(void *number));

/* Below limit. Seeds itself; each thread has a state of its own. */
uint32_t work_random(uint64_t *state, uint32_t limit);

/* Between two rounds, or while something is held: ms in the light mode, 1 or less in the full. */
void work_pause(uint64_t *random, unsigned ms);

/* One for each kind of work. */
void work_accounts_start(void);
void work_log_start(void);
void work_spawner_start(void);
void work_window_start(void);
void work_hammer_start(void);
void work_crowd_start(void);

#endif
