/*
 * virtio_console.h: the port of a virtio console as a line for the debugger, where there is a
 * hypervisor: a packet costs it an exit, not a byte of it. Polled, with interrupts off or on.
 *
 * Legacy and transitional PCI devices (1af4:1003), through their I/O ports: nothing of the device
 * has to be mapped. With several ports the first that the device names is taken.
 */
#ifndef TRAPLINE_VIRTIO_CONSOLE_H
#define TRAPLINE_VIRTIO_CONSOLE_H

#include "debugger.h"

/* What it needs of memory: page aligned, of one piece also physically, below 16 TiB, all zeros. */
#define VIRTIO_CONSOLE_MEMORY 0x16000

/*
 * Find the device and take its port. memory is at this physical address, and nobody else's from now
 * on. Returns NULL, or why it cannot. Before any client has connected is early enough for it to
 * find us; once.
 */
const char *virtio_console_init(void *memory, uint64_t physical);

/* For debugger_config.transport, after that. */
extern const struct debugger_transport virtio_console;

#endif
