/* uart_port.h: in place of port.h: I/O ports that are a UART of the test's. See uart.mk. */
#ifndef TRAPLINE_PORT_H
#define TRAPLINE_PORT_H

#include <stdint.h>

uint8_t port_read8(uint16_t port);
void port_write8(uint16_t port, uint8_t value);

#endif
