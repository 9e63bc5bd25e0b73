/*
 * virtio_console.c: see virtio_console.h (Virtual I/O Device specification 1.1, 4.1 and 5.3, their
 * "Legacy Interface" sections).
 *
 * Of a device with several ports (MULTIPORT) each has two queues, and a third pair is for messages
 * about ports: the driver says that it is there, the device names its ports, the driver opens one.
 */
#include "virtio_console.h"

#include <string.h>

#include "pci.h"
#include "port.h"
#include "processor.h"
#include "virtqueue.h"

#define VIRTIO_CONSOLE_ID 0x10031af4

/* Registers, relative to the device's I/O port. */
enum { DEVICE_FEATURES = 0, DRIVER_FEATURES = 4, STATUS = 18, REGISTERS = 20 };
enum { STATUS_RESET = 0, STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4 };
#define FEATURE_MULTIPORT (1u << 1)

/* What a hypervisor may take to answer; the TSC's rate is not known yet. */
#define PATIENCE_CYCLES (1ull << 32)

enum event { DEVICE_READY = 0, PORT_ADD = 1, PORT_READY = 3, PORT_OPEN = 6 };

struct message {
    uint32_t port;
    uint16_t event, value;
};

#define BUFFER   4096 /* QEMU passes on at most this much at once */
#define BUFFERS  8
#define MESSAGES 16
#define TRANSMIT 0x5000 /* a reply fits, and what surrounds it */

enum { RECEIVE_QUEUE, TRANSMIT_QUEUE, CONTROL_RECEIVE_QUEUE, CONTROL_TRANSMIT_QUEUE, QUEUES };

/* What the device sees of us. */
struct memory {
    uint8_t queues[QUEUES][VIRTQUEUE_PAGES * VIRTQUEUE_PAGE];
    uint8_t receive[BUFFERS][BUFFER];
    uint8_t transmit[TRANSMIT];
    struct message messages[MESSAGES], message;
};
_Static_assert(sizeof(struct memory) <= VIRTIO_CONSOLE_MEMORY, "the embedder gives so much");

static struct memory *memory;
static uint64_t memory_at; /* physical */
static uint16_t io;
static struct virtqueue queues[QUEUES];

static const uint8_t *next; /* in the buffer that is being read */
static uint32_t left;
static uint16_t reading; /* which one that is */

static uint64_t physical(const void *part)
{
    return memory_at + (uint64_t)((const uint8_t *)part - (const uint8_t *)memory);
}

static bool sending;  /* the transmit buffer is the device's */
static uint16_t sent; /* ... under this index */

/* ---- the line ---- */

static void offer_buffer(uint16_t index)
{
    virtqueue_offer(&queues[RECEIVE_QUEUE], index, physical(memory->receive[index]), BUFFER, true);
}

/* The device is told only if it can have run out of them: it waits for it then. */
static void return_buffer(void)
{
    offer_buffer(reading);
    if (virtqueue_is_starved(&queues[RECEIVE_QUEUE]))
        virtqueue_notify(&queues[RECEIVE_QUEUE]);
}

static bool pending(void)
{
    return left || virtqueue_has_used(&queues[RECEIVE_QUEUE]);
}

static int receive(void)
{
    while (!left) {
        if (!virtqueue_has_used(&queues[RECEIVE_QUEUE]))
            return -1;
        reading = virtqueue_take(&queues[RECEIVE_QUEUE], &left);
        next = memory->receive[reading];
        if (!left)
            return_buffer();
    }

    uint8_t byte = *next++;

    if (--left == 0)
        return_buffer();
    return byte;
}

static void offer(size_t (*take)(const uint8_t *bytes, size_t n))
{
    uint32_t taken = left ? (uint32_t)take(next, left) : 0;

    next += taken;
    left -= taken;
    if (taken && !left)
        return_buffer();
}

static void offer_message(uint16_t index)
{
    virtqueue_offer(&queues[CONTROL_RECEIVE_QUEUE], index, physical(&memory->messages[index]),
                    sizeof(struct message), true);
}

/* Without a queue for them there are none. */
static bool next_message(struct message *message)
{
    struct virtqueue *q = &queues[CONTROL_RECEIVE_QUEUE];
    uint32_t written;
    uint16_t index;

    if (!q->size || !virtqueue_has_used(q))
        return false;
    index = virtqueue_take(q, &written);
    *message = memory->messages[index];
    offer_message(index);
    return true;
}

/* A client that goes away takes along what QEMU had no room to pass on: it never comes back. */
static void notice_clients(void)
{
    struct message message;

    while (next_message(&message))
        if (message.event == PORT_OPEN && !message.value)
            sending = false;
}

/* What comes back may be from before the last client went away: hence an index for each time. */
static void finish_sending(void)
{
    struct virtqueue *q = &queues[TRANSMIT_QUEUE];
    uint32_t written;

    while (sending) {
        if (virtqueue_has_used(q) && virtqueue_take(q, &written) == sent)
            sending = false;
        notice_clients();
    }
    notice_clients();
}

/* The buffer is not ours again before the device has passed it on, or has nobody to pass it to. */
static void send(const void *bytes, size_t n)
{
    struct virtqueue *q = &queues[TRANSMIT_QUEUE];
    const uint8_t *from = bytes;

    while (n > 0) {
        uint32_t now = n < TRANSMIT ? (uint32_t)n : TRANSMIT;

        finish_sending();
        memcpy(memory->transmit, from, now);
        sent = (sent + 1) % q->size;
        sending = true;
        virtqueue_offer(q, sent, physical(memory->transmit), now, false);
        virtqueue_notify(q);
        from += now;
        n -= now;
    }
}

static uint16_t ports(uint16_t *first)
{
    *first = io;
    return REGISTERS;
}

const struct debugger_transport virtio_console = {.receive = receive, .send = send,
    .pending = pending, .offer = offer, .ports = ports, .fast = true};

/* ---- how it becomes one ---- */

static bool add_queue(unsigned which, uint32_t number)
{
    queues[which] = (struct virtqueue){.io = io, .number = (uint16_t)number};
    return virtqueue_init(&queues[which], memory->queues[which],
                          physical(memory->queues[which]));
}

static bool wait_used(const struct virtqueue *q)
{
    uint64_t start = read_tsc();

    while (!virtqueue_has_used(q)) {
        if (read_tsc() - start > PATIENCE_CYCLES)
            return false;
        __asm__ volatile("pause");
    }
    return true;
}

static bool tell(uint32_t port, enum event event)
{
    struct virtqueue *q = &queues[CONTROL_TRANSMIT_QUEUE];
    uint32_t written;

    memory->message = (struct message){.port = port, .event = event, .value = 1};
    virtqueue_offer(q, 0, physical(&memory->message), sizeof(struct message), false);
    virtqueue_notify(q);
    if (!wait_used(q))
        return false;
    virtqueue_take(q, &written);
    return true;
}

static bool hear_of_port(uint32_t *port)
{
    struct message message;

    while (wait_used(&queues[CONTROL_RECEIVE_QUEUE])) {
        next_message(&message);
        *port = message.port;
        if (message.event == PORT_ADD)
            return true;
    }
    return false;
}

static bool open_port(uint32_t port)
{
    /* The pair of the messages comes between those of port 0 and of port 1. */
    uint32_t number = port == 0 ? 0 : 2 * port + 2;

    if (!add_queue(RECEIVE_QUEUE, number) || !add_queue(TRANSMIT_QUEUE, number + 1))
        return false;
    for (uint16_t i = 0; i < BUFFERS; i++)
        offer_buffer(i);
    return true;
}

static const char *find_port(void)
{
    uint32_t port;

    if (!tell(0, DEVICE_READY) || !hear_of_port(&port))
        return "the virtio console device has no port";
    if (!open_port(port) || !tell(port, PORT_READY) || !tell(port, PORT_OPEN))
        return "the port of the virtio console cannot be opened";
    return NULL;
}

static void set_status(uint8_t status)
{
    port_write8(io + STATUS, status);
}

static bool add_control_queues(void)
{
    if (!add_queue(CONTROL_RECEIVE_QUEUE, 2) || !add_queue(CONTROL_TRANSMIT_QUEUE, 3))
        return false;
    for (uint16_t i = 0; i < MESSAGES; i++)
        offer_message(i);
    return true;
}

static const char *start_device(void)
{
    uint32_t features;
    bool good;

    set_status(STATUS_RESET);
    set_status(STATUS_ACKNOWLEDGE);
    set_status(STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    features = port_read32(io + DEVICE_FEATURES) & FEATURE_MULTIPORT;
    port_write32(io + DRIVER_FEATURES, features);
    good = features ? add_control_queues() : open_port(0);
    if (!good)
        return "the virtio console's queues are not those of a legacy device";
    set_status(STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_DRIVER_OK);
    return features ? find_port() : NULL;
}

const char *virtio_console_init(void *pages, uint64_t at)
{
    uint16_t device;
    uint32_t bar;

    if (!pci_find(VIRTIO_CONSOLE_ID, &device))
        return "no virtio console (1af4:1003) on the PCI bus";
    bar = pci_read(device, PCI_BAR0);
    if (!(bar & 1))
        return "the virtio console has no I/O ports: it needs disable-legacy=off";
    pci_write(device, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX);
    memory = pages;
    memory_at = at;
    io = (uint16_t)(bar & ~3u);

    const char *problem = start_device();

    if (problem)
        set_status(STATUS_RESET); /* it writes to our memory no more */
    else
        virtqueue_notify(&queues[RECEIVE_QUEUE]);
    return problem;
}
