/* console.c: the devices that a console can be on. */
#include "console.h"

#include <stdbool.h>

#include "cmdline.h"
#include "debugger.h"
#include "log.h"
#include "port.h"
#include "uart16550.h"

/* Bochs invented it, QEMU has it as isa-debugcon: a byte written is printed, reading says 0xe9. */
#define DEBUG_CONSOLE 0xe9

#define BAUD 115200

static uint16_t uart_port;

static void write_none(const char *text, size_t n)
{
    (void)text;
    (void)n;
}

static void write_debug_console(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        port_write8(DEBUG_CONSOLE, (uint8_t)text[i]);
}

/* A terminal on a serial line wants its carriage returned. */
static void write_uart(const char *text, size_t n)
{
    size_t start = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] != '\n')
            continue;
        uart16550_send(uart_port, text + start, i - start);
        uart16550_send(uart_port, "\r\n", 2);
        start = i + 1;
    }
    uart16550_send(uart_port, text + start, n - start);
}

static bool shared; /* ... with the debugger */
static void (*device)(const char *text, size_t n) = write_none;

/* The debugger has not begun to serve; its own initialisation of the UART changes nothing. */
static bool share_line(uint16_t debugger_port)
{
    if (debugger_port == 0 || !uart16550_init(debugger_port, cmdline.gdb_baud))
        return false;
    uart_port = debugger_port;
    device = write_uart;
    shared = true;
    return true;
}

static void choose_device(uint16_t debugger_port)
{
    static const uint16_t ports[] = {0x2f8, 0x3f8};

    if (cmdline.gdb_console == CONSOLE_SHARE && share_line(debugger_port))
        return;
    if (port_read8(DEBUG_CONSOLE) == DEBUG_CONSOLE) {
        device = write_debug_console;
        return;
    }
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        if (ports[i] == debugger_port || !uart16550_init(ports[i], BAUD))
            continue;
        uart_port = ports[i];
        device = write_uart;
        return;
    }
    if (cmdline.gdb_console == CONSOLE_AUTO)
        share_line(debugger_port);
}

static void replay_log(void)
{
    uint64_t position = 0;
    char text[128];
    size_t n;

    while ((n = log_read(&position, text, sizeof(text))) > 0)
        device(text, n);
}

void console_init(uint16_t debugger_port)
{
    choose_device(debugger_port);
    replay_log();
}

void console_write(const char *text, size_t n)
{
    bool for_client = shared || cmdline.gdb_console == CONSOLE_ON;
    bool told = for_client && debugger_console(text, n);

    if (!shared || !told)
        device(text, n);
}
