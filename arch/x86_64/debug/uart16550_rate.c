/* uart16550_rate.c: which rates a UART has, and which one is in use. */
#include "port.h"
#include "uart16550.h"
#include "uart16550_registers.h"

uint32_t uart16550_rate(uint16_t divisor)
{
    return UART16550_CLOCK / divisor;
}

uint16_t uart16550_divisor(uint32_t baud)
{
    if (baud == 0 || baud > 2 * UART16550_CLOCK)
        return 0;

    uint32_t divisor = (UART16550_CLOCK + baud / 2) / baud;
    uint64_t rate = (uint64_t)baud * divisor; /* ... if it were exact, UART16550_CLOCK */
    uint64_t error = rate > UART16550_CLOCK ? rate - UART16550_CLOCK : UART16550_CLOCK - rate;

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
