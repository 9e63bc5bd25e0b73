/*
 * demo.h: a kernel worth debugging. A work loop over real data structures that checks itself all
 * the time, so that a step taken twice, a store lost or a register damaged by a debugger ends in a
 * panic that says what no longer holds.
 *
 * One turn of the loop runs each stage once. Everything is the same at each boot, but for the ticks
 * of the timer: the random numbers are seeded.
 *
 * Tests and tutorials rely on the names in this file. What may be written from a debugger without
 * disturbing a check is said where it is declared; the rest may be read at any time.
 */
#ifndef DEMO_DEMO_H
#define DEMO_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "binary_heap.h"
#include "event_ring.h"
#include "hash_map.h"
#include "sorted_list.h"
#include "tutorial.h"

/* Before interrupts are needed, after kmalloc works. */
void demo_init(void);

/* The work loop. Interrupts must be on, and the timer ought to call demo_tick(). Never returns. */
_Noreturn void demo_run(void);

/* If not NULL: called after each turn. */
extern void (*volatile demo_aside)(void);

/* From the timer interrupt, of one CPU only, about 1000 times a second; also before demo_init(). */
void demo_tick(void);

/* One turn of the work loop: what demo_run() does for ever. */
void demo_turn(void);

enum demo_stage {
    DEMO_STAGE_NONE, /* the loop has not begun */
    DEMO_STAGE_HASH,
    DEMO_STAGE_LIST,
    DEMO_STAGE_HEAP,
    DEMO_STAGE_EXPRESSION,
    DEMO_STAGE_RING,
    DEMO_STAGE_DIGEST,
    DEMO_STAGE_HOT,
    DEMO_STAGE_TUTORIAL,
    DEMO_STAGES,
};

/* What the loop is at. The timer interrupt reads it. */
extern enum demo_stage demo_stage;

/* "hash" for DEMO_STAGE_HASH; "?" for what is no stage. */
const char *demo_stage_name(enum demo_stage stage);

/* A map from words to numbers, and what must be in it. */
struct demo_words {
    struct hash_map map;
    size_t count;
    uint64_t total; /* of the numbers */
};

/* Timers in the order in which they run out. */
struct demo_timers {
    struct sorted_list list;
    uint64_t now;
    uint64_t total; /* of the keys in the list */
};

/* Jobs in the order in which they are due. */
struct demo_jobs {
    struct binary_heap heap;
    uint64_t now;   /* when the last one that left was due */
    uint64_t total; /* of the due times in the heap */
    uint32_t next_id;
};

/* Ticks on their way from the interrupt to the loop. */
struct demo_events {
    struct event_ring ring;
    uint64_t next_sequence; /* of the next one to leave */
};

/* The data of the stages; nobody else writes it, and every change of it is noticed. */
struct demo_state {
    uint64_t random;
    struct demo_words words;
    struct demo_timers timers;
    struct demo_jobs jobs;
    struct demo_events events;
};
extern struct demo_state demo_state;

/* How it went so far. Free to be written. */
struct demo_statistics {
    uint64_t turns;
    uint64_t checks;             /* that held: one that does not is a panic */
    uint64_t surprises;          /* answers of tutorial functions that somebody changed */
    uint64_t ticks[DEMO_STAGES]; /* which stage the timer interrupted: a profile */
};
extern struct demo_statistics demo_statistics;

/* The memory under the digest: random bytes of a fixed seed, and the SHA-256 that they have. */
#define DEMO_IMAGE_SIZE (12 * 1024)
extern uint8_t demo_image[DEMO_IMAGE_SIZE];

/* The stages, one function each. */
void demo_stage_hash(void);
void demo_stage_list(void);
void demo_stage_heap(void);
void demo_stage_expression(void);
void demo_stage_ring(void);
void demo_stage_digest(void);
void demo_stage_hot(void);
void demo_stage_tutorial(void);

/* How many times demo_stage_hot() calls demo_hot() in a turn, with n from 0 on. */
#define DEMO_HOT_CALLS 100000

/* Fill demo_image; before the first digest. */
void demo_image_fill(void);

/* Panics unless interrupts are on and the trap flag is off, as everywhere in the loop. */
void demo_check_flags(void);

/*
 * Count a claim that holds, panic over one that does not. claim is a sentence. A macro, so that the
 * backtrace of the panic has the stage and its line right below demo_broken().
 */
#define DEMO_CHECK(holds, claim)                                                                   \
    do {                                                                                           \
        if (!(holds))                                                                              \
            demo_broken(claim);                                                                    \
        demo_statistics.checks++;                                                                  \
    } while (0)

/* Panics: claim is not true any more. */
_Noreturn void demo_broken(const char *claim);

/* The next of a fixed sequence of random numbers. */
uint64_t demo_random(void);

#endif
