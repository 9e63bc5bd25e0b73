/*
 * line.c: bytes between a 16550, or whatever the embedder has instead, and the protocol core.
 */
#include "line.h"

#include "uart16550.h"

/* An interrupt handler polls: however fast noise comes in, it gets to its end. */
#define BYTES_AT_A_TIME 256

struct gdb debugger_gdb;

static const struct debugger_transport *transport;
static uint16_t port;

/* An NMI comes in the middle of anything, and the protocol core is not for two at a time. */
static volatile bool busy, missed;

const char *line_init(const struct debugger_config *config)
{
    transport = config->transport;
    port = config->uart_port ? config->uart_port : UART16550_COM1;
    if (transport || uart16550_init(port, config->baud ? config->baud : 115200))
        return NULL;
    return "no 16550 UART at this port, or a baud rate that does not divide 115200";
}

int line_receive(void)
{
    return transport ? transport->receive() : uart16550_receive(port);
}

void line_send(const void *bytes, size_t n)
{
    if (transport)
        transport->send(bytes, n);
    else
        uart16550_send(port, bytes, n);
}

bool line_pending(void)
{
    return transport || uart16550_pending(port);
}

bool line_missed(void)
{
    bool was = missed;

    missed = false;
    return was;
}

bool line_console(const char *text, size_t n)
{
    busy = true;

    bool sent = gdb_console(&debugger_gdb, text, n);

    busy = false;
    return sent;
}

static bool drain(void)
{
    for (unsigned i = 0; i < BYTES_AT_A_TIME; i++) {
        int byte = line_receive();

        if (byte < 0)
            return false;
        if (gdb_receive(&debugger_gdb, (uint8_t)byte) == GDB_EVENT_BREAK)
            return true;
    }
    return false;
}

bool line_wants_in(void)
{
    bool wanted;

    if (busy) {
        missed = true;
        return false;
    }
    do {
        busy = true;
        wanted = drain();
        busy = false;
    } while (line_missed() && !wanted);
    return wanted;
}
