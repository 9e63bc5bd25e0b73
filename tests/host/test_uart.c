/*
 * test_uart.c: what the driver of the serial line asks of its FIFOs, by a UART that drops what does
 * not fit (PC16550D data sheet, section 8).
 */
#include "test.h"
#include "uart16550.h"
#include "uart16550_registers.h"

#include <string.h>

#define PORT 0x2f8

static const uint8_t text[] = "a hundred bytes of which no one is like its neighbours, and none of "
                              "which the line can do without, today";

static struct {
    bool absent, has_fifos;
    uint8_t iir; /* without FIFOs that can be used */
    uint8_t registers[8]; /* as written */
    unsigned writes[8];
    uint8_t divisor[2];
    uint8_t sent[200];
    unsigned count, bursts, lost;
    unsigned held;  /* sent, and not yet out */
    unsigned looks; /* at LSR until they are */
    bool shifting;  /* the last of them is on the wire, though no longer held */
    unsigned spoiled;
    uint8_t received[32];
    unsigned waiting;
    bool overrun;
} uart;

static bool fifos_are_on(void)
{
    return uart.has_fifos && uart.registers[FCR] & 1;
}

static void start(bool has_fifos)
{
    memset(&uart, 0, sizeof(uart));
    uart.has_fifos = has_fifos;
}

static void started(bool has_fifos)
{
    start(has_fifos);
    CHECK(uart16550_init(PORT, 115200));
}

/* What is held is gone at the third look; the wire has the last byte until the one after that. */
static uint8_t status(void)
{
    uint8_t value = (uart.waiting ? LSR_READY : 0) | (uart.overrun ? LSR_OVERRUN : 0);

    uart.overrun = false;
    if (uart.held && ++uart.looks == 3) {
        uart.held = uart.looks = 0;
        uart.shifting = true;
        return value | LSR_THRE;
    }
    if (uart.held)
        return value;
    uart.shifting = false;
    return value | LSR_THRE | LSR_TEMT;
}

static uint8_t receive(void)
{
    uint8_t byte = uart.received[0];

    CHECK(uart.waiting, "nothing was there to be read");
    memmove(uart.received, uart.received + 1, --uart.waiting);
    return byte;
}

uint8_t port_read8(uint16_t port)
{
    if (uart.absent)
        return 0xff;
    switch (port - PORT) {
    case DATA:
        return receive();
    case IIR:
        return fifos_are_on() ? IIR_FIFOS | 1 : uart.iir;
    case LSR:
        return status();
    default:
        return uart.registers[port - PORT];
    }
}

static void send(uint8_t byte)
{
    uart.bursts += uart.held == 0;
    if (uart.held == (fifos_are_on() ? 16 : 1))
        uart.lost++;
    else
        uart.held++, uart.sent[uart.count++] = byte;
}

void port_write8(uint16_t port, uint8_t value)
{
    unsigned which = port - PORT;

    CHECK(which < 8);
    uart.writes[which]++;
    if (uart.registers[LCR] & LCR_DLAB && which < 2) {
        uart.divisor[which] = value;
        uart.spoiled += uart.held || uart.shifting;
        return;
    }
    uart.registers[which] = value;
    if (which == DATA)
        send(value);
    if (which == FCR && value & 2)
        uart.waiting = 0;
}

static void has_received(const char *bytes)
{
    uart.waiting = (unsigned)strlen(bytes);
    memcpy(uart.received, bytes, uart.waiting);
}

TEST(the_fifos_are_on_and_tell_of_fourteen_bytes)
{
    started(true);
    CHECK(uart.registers[FCR] == 0xc7 && uart.writes[FCR] == 1, "FCR %#x", uart.registers[FCR]);
    CHECK(uart.registers[LCR] == 0x03 && uart.registers[IER] == 0 && uart.registers[MCR] == 0x0b);
    CHECK(uart.divisor[0] == 1 && uart.divisor[1] == 0);
}

TEST(sixteen_bytes_are_sent_at_a_time_and_only_when_all_before_are_out)
{
    started(true);
    uart16550_send(PORT, text, 100);
    CHECK(uart.lost == 0, "%u bytes did not fit", uart.lost);
    CHECK(uart.count == 100 && memcmp(uart.sent, text, 100) == 0);
    CHECK(uart.bursts == 7, "%u bursts", uart.bursts);
    uart16550_send(PORT, text, 1);
    uart16550_send(PORT, text, 1);
    CHECK(uart.count == 102 && uart.lost == 0);
}

/* A 16450 says nothing of FIFOs, the first 16550 that it has some which are no good. */
TEST(without_fifos_each_byte_waits_for_the_one_before)
{
    for (unsigned iir = 0x01; iir <= 0x81; iir += 0x80) {
        started(false);
        uart.iir = (uint8_t)iir;
        uart16550_send(PORT, text, 100);
        CHECK(uart.lost == 0 && uart.count == 100 && uart.bursts == 100, "IIR %#x", iir);
        CHECK(memcmp(uart.sent, text, 100) == 0);
    }
}

TEST(what_was_sent_is_out_before_the_rate_changes)
{
    started(true);
    uart16550_send(PORT, text, 20);
    uart16550_set_divisor(PORT, 0x180);
    CHECK(uart.spoiled == 0, "a byte was on the wire");
    CHECK(uart.divisor[0] == 0x80 && uart.divisor[1] == 1 && uart.registers[LCR] == 0x03);
    uart16550_send(PORT, text, 20);
    CHECK(uart16550_init(PORT, 9600) && uart.spoiled == 0 && uart.divisor[0] == 12);
}

TEST(bytes_are_received_in_order_and_losses_are_counted)
{
    uint32_t before = uart16550_overruns();

    started(true);
    CHECK(!uart16550_pending(PORT) && uart16550_receive(PORT) == -1);
    has_received("abc");
    uart.overrun = true;
    CHECK(uart16550_pending(PORT));
    CHECK(uart16550_receive(PORT) == 'a' && uart16550_receive(PORT) == 'b');
    uart.overrun = true;
    uart16550_send(PORT, text, 1);
    CHECK(uart16550_receive(PORT) == 'c' && uart16550_receive(PORT) == -1);
    CHECK(uart16550_overruns() == before + 2);
}

TEST(another_trigger_level_keeps_what_waits)
{
    started(true);
    CHECK(!uart16550_alert(PORT, true), "its interrupt is off");
    uart16550_enable_receive_interrupt(PORT);
    has_received("abc");
    CHECK(uart16550_alert(PORT, true) && uart.registers[FCR] == 0x01);
    CHECK(uart16550_alert(PORT, false) && uart.registers[FCR] == 0xc1);
    CHECK(uart.waiting == 3 && uart16550_receive(PORT) == 'a');
    port_write8(PORT + MCR, 0);
    CHECK(!uart16550_alert(PORT, true), "OUT2 keeps it from the PIC");
}

TEST(a_port_that_is_empty_is_left_alone_and_nothing_waits_for_it)
{
    start(true);
    uart.absent = true;
    CHECK(!uart16550_init(PORT, 115200));
    for (unsigned which = 0; which < SCR; which++)
        CHECK(uart.writes[which] == 0, "register %u was written", which);
    uart16550_send(PORT, text, 100);
}

TEST(a_rate_that_cannot_be_changes_nothing)
{
    static const uint32_t rates[] = {0, 7, 115199, 230400, 1};

    for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        start(true);
        CHECK(!uart16550_init(PORT, rates[i]), "%u", rates[i]);
        for (unsigned which = 0; which < SCR; which++)
            CHECK(uart.writes[which] == 0, "register %u was written", which);
    }
}
