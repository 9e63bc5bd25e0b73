/*
 * uart16550.h: the serial line of a PC, polled. No locks and no state but a counter: one user of a
 * port at a time. Works on a 16550 and later; on an 8250 or 16450 without its FIFOs.
 */
#ifndef TRAPLINE_UART16550_H
#define TRAPLINE_UART16550_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a PC has its first one, and how many ports each takes. */
#define UART16550_COM1  0x3f8
#define UART16550_PORTS 8

/*
 * Program the UART at an I/O port for baud, 8N1, FIFOs on, its interrupts off. False, with nothing
 * changed but the scratch register, if there is no UART or baud does not divide 115200.
 * Call it once: switching the FIFOs on loses the byte that waits in them.
 */
bool uart16550_init(uint16_t port, uint32_t baud);

/*
 * The divisor whose rate is closest to baud, 0 if even that one is 2 % off or more: the two ends of
 * a line drift apart over the ten bits of a byte. And a divisor's rate.
 */
uint16_t uart16550_divisor(uint32_t baud);
uint32_t uart16550_rate(uint16_t divisor);

/* The one in use; another, once all that was sent is out. Bytes on their way in may be spoiled. */
uint16_t uart16550_get_divisor(uint16_t port);
void uart16550_set_divisor(uint16_t port, uint16_t divisor);

/* A byte waits. */
bool uart16550_pending(uint16_t port);

/* The next byte 0..255, or -1 if none waits. */
int uart16550_receive(uint16_t port);

/* Send n bytes, waiting as long as the line takes; none is ever dropped. */
void uart16550_send(uint16_t port, const void *bytes, size_t n);

/* From now on a received byte raises the UART's interrupt (IRQ 4 for COM1). */
void uart16550_enable_receive_interrupt(uint16_t port);

/*
 * While it is on, the first byte does that, instead of the fourteenth or a pause of four. False:
 * the interrupt is off.
 */
bool uart16550_alert(uint16_t port, bool on);

/* Bytes that were lost because nobody fetched them in time: all ports, since boot. */
uint32_t uart16550_overruns(void);

#endif
