/*
 * uart16550.c: the serial line of a PC (National Semiconductor PC16550D data sheet, section 8).
 */
#include "uart16550.h"

#include "port.h"

/* Registers, relative to the port. The first two are the divisor while LCR.DLAB is set. */
enum {
    DATA = 0,
    IER = 1,
    IIR = 2, /* reading */
    FCR = 2, /* writing */
    LCR = 3,
    MCR = 4,
    LSR = 5,
    SCR = 7,
};

enum {
    IER_RECEIVED = 0x01,
    IIR_FIFOS = 0xc0,
    FCR_RESET_TRIGGER_14 = 0xc7, /* trigger level 14: ten times the bulk receive rate of level 1 */
    LCR_8N1 = 0x03,
    LCR_DLAB = 0x80,
    MCR_DTR_RTS_OUT2 = 0x0b, /* OUT2 lets the interrupt reach the PIC */
    LSR_READY = 0x01,
    LSR_OVERRUN = 0x02,
    LSR_THRE = 0x20,
    LSR_TEMT = 0x40,
};

#define CLOCK 115200 /* the rate at divisor 1 */
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

uint32_t uart16550_rate(uint16_t divisor)
{
    return CLOCK / divisor;
}

uint16_t uart16550_divisor(uint32_t baud)
{
    if (baud == 0 || baud > 2 * CLOCK)
        return 0;

    uint32_t divisor = (CLOCK + baud / 2) / baud;
    uint64_t rate = (uint64_t)baud * divisor; /* ... if it were exact, CLOCK */
    uint64_t error = rate > CLOCK ? rate - CLOCK : CLOCK - rate;

    return divisor > 0xffff || 50 * error >= rate ? 0 : (uint16_t)divisor;
}

uint16_t uart16550_get_divisor(uint16_t port)
{
    uint8_t control = port_read8(port + LCR);

    port_write8(port + LCR, control | LCR_DLAB);

    uint16_t divisor = port_read8(port + DATA);

    divisor |= (uint16_t)(port_read8(port + IER) << 8);
    port_write8(port + LCR, control);
    return divisor;
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
    if (baud == 0 || CLOCK % baud != 0 || CLOCK / baud > 0xffff || !present(port))
        return false;

    port_write8(port + LCR, LCR_8N1);
    port_write8(port + IER, 0);
    uart16550_set_divisor(port, (uint16_t)(CLOCK / baud)); /* a console's last words go out whole */
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
