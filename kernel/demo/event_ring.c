/*
 * event_ring.c: the order of the two stores is all there is to it.
 *
 * A slot must be written before head says so (release), and read after head was seen (acquire);
 * the same for tail the other way round, lest a slot be overwritten while it is read. On x86 these
 * are plain moves that the compiler may not reorder. Builtins, not _Atomic: the fields stay plain
 * integers for every debugger.
 */
#include "event_ring.h"

_Static_assert((EVENT_RING_SLOTS & (EVENT_RING_SLOTS - 1)) == 0, "indices wrap with the integers");

uint32_t event_checksum(const struct event *event)
{
    return (uint32_t)(event->sequence * 2654435761u) ^ event->stage << 24;
}

bool event_ring_put(struct event_ring *ring, const struct event *event)
{
    uint32_t head = ring->head;

    if (head - __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE) == EVENT_RING_SLOTS)
        return false;
    ring->slots[head % EVENT_RING_SLOTS] = *event;
    __atomic_store_n(&ring->head, head + 1, __ATOMIC_RELEASE);
    return true;
}

bool event_ring_get(struct event_ring *ring, struct event *event)
{
    uint32_t tail = ring->tail;

    if (__atomic_load_n(&ring->head, __ATOMIC_ACQUIRE) == tail)
        return false;
    *event = ring->slots[tail % EVENT_RING_SLOTS];
    __atomic_store_n(&ring->tail, tail + 1, __ATOMIC_RELEASE);
    return true;
}
