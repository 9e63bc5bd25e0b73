/* virtqueue.c: see virtqueue.h. Descriptors and available ring; a page further the used ring. */
#include "virtqueue.h"

#include "port.h"

/* Registers of a legacy PCI device, relative to its I/O port (4.1.4.8). */
enum { QUEUE_ADDRESS = 8, QUEUE_SIZE = 12, QUEUE_SELECT = 14, QUEUE_NOTIFY = 16 };

#define DEVICE_WRITES 2 /* descriptor flag */
#define NO_INTERRUPT  1 /* available ring flag */

struct virtqueue_descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};

struct virtqueue_available {
    uint16_t flags, index;
    uint16_t entries[VIRTQUEUE_MAX];
};

struct virtqueue_used {
    uint16_t flags, index;
    struct {
        uint32_t id, length;
    } entries[VIRTQUEUE_MAX];
};

_Static_assert(VIRTQUEUE_MAX * sizeof(struct virtqueue_descriptor) +
                           sizeof(struct virtqueue_available) <= VIRTQUEUE_PAGE &&
                       sizeof(struct virtqueue_used) <= VIRTQUEUE_PAGE,
               "each half of a queue has a page");

/* x86 keeps the order of stores, and of loads; the compiler has to, and a load behind a store. */
static void order_stores(void)
{
    __asm__ volatile("" : : : "memory");
}

static void order_all(void)
{
    __asm__ volatile("mfence" : : : "memory");
}

bool virtqueue_init(struct virtqueue *q, void *pages, uint64_t physical)
{
    port_write16(q->io + QUEUE_SELECT, q->number);
    q->size = port_read16(q->io + QUEUE_SIZE);
    if (q->size == 0 || q->size > VIRTQUEUE_MAX)
        return false;
    q->descriptors = pages;
    q->available = (void *)(q->descriptors + q->size);
    q->used = (void *)((uint8_t *)pages + VIRTQUEUE_PAGE);
    q->available->flags = NO_INTERRUPT;
    order_stores();
    port_write32(q->io + QUEUE_ADDRESS, (uint32_t)(physical / VIRTQUEUE_PAGE));
    return true;
}

void virtqueue_offer(struct virtqueue *q, uint16_t index, uint64_t physical, uint32_t n,
                     bool device_writes)
{
    q->descriptors[index] = (struct virtqueue_descriptor){
        .address = physical, .length = n, .flags = device_writes ? DEVICE_WRITES : 0};
    q->available->entries[q->offered % q->size] = index;
    q->offered++;
    order_stores();
    q->available->index = q->offered;
    order_all();
}

void virtqueue_notify(const struct virtqueue *q)
{
    port_write16(q->io + QUEUE_NOTIFY, q->number);
}

bool virtqueue_is_starved(const struct virtqueue *q)
{
    return (uint16_t)(q->offered - q->used->index) <= 1;
}

bool virtqueue_has_used(const struct virtqueue *q)
{
    return q->used->index != q->taken;
}

uint16_t virtqueue_take(struct virtqueue *q, uint32_t *n)
{
    uint16_t slot = q->taken % q->size;

    order_stores();
    q->taken++;
    *n = q->used->entries[slot].length;
    return (uint16_t)q->used->entries[slot].id;
}
