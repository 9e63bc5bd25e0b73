/*
 * baud.c: see baud.h. The command's reply goes out at the old rate, and its acknowledgement, if
 * the client sends one, comes in at it; then the rate changes. A good packet is the proof that the
 * client has followed.
 */
#include "baud.h"

#include "line.h"
#include "processor.h"
#include "state.h"
#include "uart16550.h"
#include "uart_line.h"
#include "words.h"

#define GUESSED_HZ      (1ull << 31)
#define SECONDS         10
#define SECONDS_MAX     600
#define ACKNOWLEDGED_MS 250 /* what the client's '+' for the reply may take */

static struct change {
    uint16_t before, divisor;
    uint64_t since;   /* TSC, when it was agreed on, then when the trial began */
    uint32_t packets; /* good ones that came before the trial */
    uint32_t seconds; /* of trial */
} change;
enum baud_state baud_state;
static uint32_t refused; /* the rate that nobody followed to, 0 for none */

static bool has_lasted(uint64_t ms)
{
    uint64_t hz = debugger_settings.tsc_hz ? *debugger_settings.tsc_hz : 0;

    return (read_tsc() - change.since) / ms > (hz ? hz : GUESSED_HZ) / 1000;
}

static void begin_trial(void)
{
    uart_line_set_divisor(change.divisor);
    baud_state = BAUD_TRIED;
    change.since = read_tsc();
    change.packets = debugger_gdb.statistics.packets_in;
}

static void fall_back(void)
{
    static const char gave_up[] = "debugger: no packet at the new baud rate, the old one again\n";

    uart_line_set_divisor(change.before);
    refused = uart16550_rate(change.divisor);
    baud_state = BAUD_STEADY;
    if (debugger_settings.console)
        debugger_settings.console(gave_up, sizeof(gave_up) - 1);
}

void baud_poll(void)
{
    if (baud_state == BAUD_AGREED) {
        if (debugger_gdb.no_ack || has_lasted(ACKNOWLEDGED_MS))
            begin_trial();
    } else if (debugger_gdb.statistics.packets_in != change.packets) {
        baud_state = BAUD_STEADY;
    } else if (has_lasted(1000ull * change.seconds)) {
        fall_back();
    }
}

static void show(struct gdb *g)
{
    uint16_t divisor = uart_line_get_divisor();

    gdb_print(g, "%u baud, divisor %u\n", uart16550_rate(divisor), divisor);
    if (refused)
        gdb_print(g, "it was to be %u, but no packet came at that rate\n", refused);
}

static void begin_change(struct gdb *g, uint16_t divisor, uint64_t seconds)
{
    change = (struct change){.before = uart_line_get_divisor(),
                             .divisor = divisor,
                             .since = read_tsc(),
                             .seconds = (uint32_t)seconds};
    refused = 0;
    baud_state = BAUD_AGREED;
    gdb_print(g, "%u baud after this reply; if no packet comes within %u s, %u again\n",
              uart16550_rate(divisor), change.seconds, uart16550_rate(change.before));
}

void baud_command(struct gdb *g, char *args)
{
    const char *rate = word_next(&args), *patience = word_next(&args);
    uint64_t baud, seconds = SECONDS;

    if (!line_is_uart()) {
        gdb_complain(g, "this line is no UART: it has no baud rate\n");
    } else if (!*rate) {
        show(g);
    } else if (!word_number(rate, &baud) || *args ||
               (*patience && !word_number(patience, &seconds)) || seconds < 1 ||
               seconds > SECONDS_MAX) {
        gdb_complain(g, "usage: monitor baud [RATE [SECONDS, 1 to %u]]\n", SECONDS_MAX);
    } else {
        uint16_t divisor = baud > UINT32_MAX ? 0 : uart16550_divisor((uint32_t)baud);

        if (divisor)
            begin_change(g, divisor, seconds);
        else
            gdb_complain(g, "%lu baud is 2 %% or more from any 115200/N\n", baud);
    }
}
