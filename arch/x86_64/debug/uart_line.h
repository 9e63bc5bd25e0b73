/*
 * uart_line.h: the 16550 of debugger_config as a line, and its rate.
 */
#ifndef TRAPLINE_UART_LINE_H
#define TRAPLINE_UART_LINE_H

#include "debugger.h"

/* Returns NULL, or why there is no such line. */
const char *uart_line_init(const struct debugger_config *config);

extern const struct debugger_transport uart_line;

/* Its divisor; another one: see uart16550_set_divisor(). */
uint16_t uart_line_get_divisor(void);
void uart_line_set_divisor(uint16_t divisor);

#endif
