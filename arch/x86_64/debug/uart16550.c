/*
 * uart16550.c: the serial line of a PC (National Semiconductor PC16550D data sheet, section 8).
 */
#include "uart16550.h"

#include "port.h"
#include "uart16550_registers.h"

#define FIFO_SIZE 16

static uint32_t overruns;

uint32_t uart16550_overruns(void)
{
    return overruns;
}

/* Reading LSR clears its error bits, so every reader has to count them. */
static uint8_t line_status(uint16_t port)
{
    uint8_t status = port_read8(port + LSR);

    if (status & LSR_OVERRUN)
        overruns++;
    return status;
}

/*
 * The scratch register does nothing but remember; an empty port reads 0xff. The loopback test is no
 * use here: a byte that a client has sent already would be taken for ours.
 */
static bool present(uint16_t port)
{
    for (unsigned pattern = 0x5a; pattern <= 0xa5; pattern += 0xa5 - 0x5a) {
        port_write8(port + SCR, (uint8_t)pattern);
        if (port_read8(port + SCR) != pattern)
            return false;
    }
    return true;
}

void uart16550_set_divisor(uint16_t port, uint16_t divisor)
{
    while (!(line_status(port) & LSR_TEMT))
        ;
    port_write8(port + LCR, LCR_DLAB);
    port_write8(port + DATA, divisor & 0xff);
    port_write8(port + IER, divisor >> 8);
    port_write8(port + LCR, LCR_8N1);
}

bool uart16550_init(uint16_t port, uint32_t baud)
{
    uint32_t divisor = baud ? UART16550_CLOCK / baud : 0;

    if (baud == 0 || UART16550_CLOCK % baud != 0 || divisor > 0xffff || !present(port))
        return false;
    port_write8(port + LCR, LCR_8N1);
    port_write8(port + IER, 0);
    uart16550_set_divisor(port, (uint16_t)divisor); /* what a console has said goes out whole */
    port_write8(port + FCR, FCR_RESET_TRIGGER_14);
    port_write8(port + MCR, MCR_DTR_RTS_OUT2);
    return true;
}

bool uart16550_pending(uint16_t port)
{
    return line_status(port) & LSR_READY;
}

int uart16550_receive(uint16_t port)
{
    if (!uart16550_pending(port))
        return -1;
    return port_read8(port + DATA);
}

/*
 * THRE says that the whole transmit FIFO is empty: then 16 bytes fit, and not one more. An absent
 * or dead UART reads 0xff, so this cannot hang on it.
 */
void uart16550_send(uint16_t port, const void *bytes, size_t n)
{
    const uint8_t *next = bytes;
    size_t burst = (port_read8(port + IIR) & IIR_FIFOS) == IIR_FIFOS ? FIFO_SIZE : 1;

    while (n > 0) {
        while (!(line_status(port) & LSR_THRE))
            ;
        for (size_t i = 0; i < burst && n > 0; i++, n--)
            port_write8(port + DATA, *next++);
    }
}

void uart16550_enable_receive_interrupt(uint16_t port)
{
    port_write8(port + IER, IER_RECEIVED);
}

bool uart16550_alert(uint16_t port, bool on)
{
    port_write8(port + FCR, on ? FCR_TRIGGER_1 : FCR_TRIGGER_14);
    return !on || ((port_read8(port + IER) & IER_RECEIVED) && (port_read8(port + MCR) & MCR_OUT2));
}
