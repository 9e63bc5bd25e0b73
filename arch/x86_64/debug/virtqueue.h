/*
 * virtqueue.h: a queue between a driver and a virtio device of the legacy kind (Virtual I/O Device
 * specification 1.1, 2.6, with the fixed layout of its "Legacy Interface" sections).
 */
#ifndef TRAPLINE_VIRTQUEUE_H
#define TRAPLINE_VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The device says how many entries a queue has; more than these do not fit into its pages. */
#define VIRTQUEUE_PAGES   2
#define VIRTQUEUE_PAGE    4096
#define VIRTQUEUE_MAX     128

struct virtqueue {
    uint16_t io, number; /* the device's I/O port and the queue's number */
    uint16_t size;       /* entries, a power of two */
    uint16_t offered;    /* how many were ever given to the device, modulo 65536 */
    uint16_t taken;      /* ... and came back */
    struct virtqueue_descriptor *descriptors;
    volatile struct virtqueue_available *available;
    volatile struct virtqueue_used *used;
};

/* pages: zeros, VIRTQUEUE_PAGES of them. False: the device has no such queue, or a larger one. */
bool virtqueue_init(struct virtqueue *q, void *pages, uint64_t physical);

/* Give the device n bytes to read, or to write to, under an index below the queue's size. */
void virtqueue_offer(struct virtqueue *q, uint16_t index, uint64_t physical, uint32_t n,
                     bool device_writes);

/* Say so to the device; once for any number of them. */
void virtqueue_notify(const struct virtqueue *q);

/* The device may have found nothing to take, before what was offered last. */
bool virtqueue_is_starved(const struct virtqueue *q);

/* One has come back, which virtqueue_take() has not returned yet. */
bool virtqueue_has_used(const struct virtqueue *q);

/* Take it: its index, and how many bytes the device has written. */
uint16_t virtqueue_take(struct virtqueue *q, uint32_t *n);

#endif
