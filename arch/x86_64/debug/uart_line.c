/* uart_line.c: see uart_line.h. */
#include "uart_line.h"

#include "uart16550.h"

static uint16_t port;

const char *uart_line_init(const struct debugger_config *config)
{
    port = config->uart_port ? config->uart_port : UART16550_COM1;
    if (uart16550_init(port, config->baud ? config->baud : 115200))
        return NULL;
    return "no 16550 UART at this port, or a baud rate that does not divide 115200";
}

static int receive(void)
{
    return uart16550_receive(port);
}

static void send(const void *bytes, size_t n)
{
    uart16550_send(port, bytes, n);
}

static bool pending(void)
{
    return uart16550_pending(port);
}

static bool alert(bool on)
{
    return uart16550_alert(port, on);
}

const struct debugger_transport uart_line = {
    .receive = receive, .send = send, .pending = pending, .alert = alert};

uint16_t uart_line_get_divisor(void)
{
    return uart16550_get_divisor(port);
}

void uart_line_set_divisor(uint16_t divisor)
{
    uart16550_set_divisor(port, divisor);
}
