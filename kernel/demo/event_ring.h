/*
 * event_ring.h: from an interrupt handler to the code that it interrupts, without a lock.
 *
 * One producer, one consumer. Each side writes only its own index: head is the producer's, tail the
 * consumer's. Both only ever count up and are reduced when a slot is addressed, so that head - tail
 * is the number of events inside, also after the 32 bits have wrapped.
 */
#ifndef DEMO_EVENT_RING_H
#define DEMO_EVENT_RING_H

#include <stdbool.h>
#include <stdint.h>

#define EVENT_RING_SLOTS 256 /* a power of two */

struct event {
    uint64_t sequence;
    uint32_t stage;    /* enum demo_stage: what was interrupted */
    uint32_t checksum; /* event_checksum() of the rest: a torn event is noticed */
};

/* All zero is an empty ring. */
struct event_ring {
    uint32_t head;
    uint32_t tail;
    struct event slots[EVENT_RING_SLOTS];
};

uint32_t event_checksum(const struct event *event);

/* The producer's. False: the ring is full and nothing was written. */
bool event_ring_put(struct event_ring *ring, const struct event *event);

/* The consumer's. False: the ring is empty. */
bool event_ring_get(struct event_ring *ring, struct event *event);

#endif
