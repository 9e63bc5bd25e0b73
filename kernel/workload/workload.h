/*
 * workload.h: threads that have to do with each other, so that a debugger has something to show and
 * its bugs have somewhere to hide. Each checks what must hold, and panics when it does not.
 */
#ifndef WORKLOAD_WORKLOAD_H
#define WORKLOAD_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu.h"

enum workload_mode {
    WORKLOAD_OFF,
    WORKLOAD_LIGHT, /* mostly asleep: a dozen wake up in a second */
    WORKLOAD_FULL,  /* no CPU is idle, no lock is free for long */
    WORKLOAD_CROWD, /* a thousand threads that sleep, and nothing else */
};

/* Launch all of them. Once, by a thread, when the other CPUs are online. */
void workload_start(enum workload_mode mode);

/* Rounds that each kind of work has done: for tests, free to be read at any time. */
struct workload_rounds {
    volatile uint64_t transfers;    /* of money between accounts, under accounts_lock */
    volatile uint64_t records;      /* that came through the log, in order and whole */
    volatile uint64_t children;     /* threads that were made, joined and counted */
    volatile uint64_t mappings;     /* of the window to another page, seen by all CPUs */
    volatile uint64_t views;        /* of it that showed the right one */
    volatile uint64_t turns;        /* of the crowd's threads */
};
extern struct workload_rounds workload_rounds;

/* One for each CPU, pinned to it; only with WORKLOAD_FULL. */
struct hammer {
    unsigned cpu;
    volatile uint64_t hits; /* calls of workload_hot(), the current one included */
};
extern struct hammer workload_hammers[CPUS_MAX];

/* What every CPU calls all the time: a place for breakpoints. */
void workload_hot(struct hammer *hammer);

#endif
