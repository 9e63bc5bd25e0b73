/*
 * line.c: bytes between a 16550, or whatever the embedder has instead, and the protocol core.
 */
#include "line.h"

#include "baud.h"
#include "processor.h"
#include "state.h"
#include "uart_line.h"

/* An interrupt handler polls: however fast noise comes in, it gets to its end. */
#define BYTES_AT_A_TIME 256
#define SEIZE_CYCLES    (1ull << 32)

struct gdb debugger_gdb;

static const struct debugger_transport *transport;

/*
 * An NMI comes in the middle of anything, as do other processors, and the protocol core is not for
 * two at a time.
 */
static struct debugger_cpu *volatile user;
static volatile bool missed;

volatile bool line_called;

const char *line_init(const struct debugger_config *config)
{
    transport = config->transport ? config->transport : &uart_line;
    return config->transport ? NULL : uart_line_init(config);
}

bool line_is_uart(void)
{
    return transport == &uart_line;
}

bool line_is_fast(void)
{
    return transport->fast;
}

/* Looked at, and not what was looked for: one more than the byte, 0 if there is none. */
static int held;

int line_receive(void)
{
    if (baud_state != BAUD_STEADY)
        baud_poll();

    int byte = held ? held - 1 : transport->receive();

    held = 0;
    return byte;
}

static size_t take_inside(const uint8_t *bytes, size_t n)
{
    return gdb_receive_inside(&debugger_gdb, bytes, n);
}

void line_skim(void)
{
    if (transport->offer && !held)
        transport->offer(take_inside);
}

/* The acknowledgements of what a command prints mean nothing. */
bool line_interrupted(void)
{
    int byte = held ? -1 : transport->receive();

    while (byte == '+')
        byte = transport->receive();
    if (byte >= 0 && byte != 0x03)
        held = byte + 1;
    return byte == 0x03;
}

bool line_packet_waits(void)
{
    return held == '$' + 1;
}

void line_send(const void *bytes, size_t n)
{
    transport->send(bytes, n);
}

bool line_pending(void)
{
    return held || !transport->pending || transport->pending();
}

bool line_alert(bool on)
{
    return transport->alert && transport->alert(on);
}

static bool take(struct debugger_cpu *cpu)
{
    struct debugger_cpu *nobody = NULL;

    return __atomic_compare_exchange_n(&user, &nobody, cpu, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

bool line_missed(void)
{
    bool was = missed;

    missed = false;
    return was;
}

/* Who used it a second or two ago and still does will not come back. */
void line_seize(void)
{
    struct debugger_cpu *cpu = debugger_this_cpu();
    uint64_t start = read_tsc();

    while (user != cpu && !take(cpu)) {
        if (read_tsc() - start >= SEIZE_CYCLES)
            user = cpu;
        __asm__ volatile("pause");
    }
}

void line_free(void)
{
    __atomic_store_n(&user, NULL, __ATOMIC_RELEASE);
}

bool line_console(const char *text, size_t n)
{
    struct debugger_cpu *cpu = debugger_this_cpu();
    bool mine = user == cpu;

    if (mine && !cpu->stopped) /* an NMI's handler, in the middle of it */
        return false;
    cpu->spins = true;
    while (!mine && !take(cpu))
        __asm__ volatile("pause");
    cpu->spins = false;

    bool sent = gdb_console(&debugger_gdb, text, n);

    if (!mine)
        line_free();
    return sent;
}

static bool drain(void)
{
    for (unsigned i = 0; i < BYTES_AT_A_TIME && !line_called; i++) {
        int byte = line_receive();

        if (byte < 0)
            return false;
        if (gdb_receive(&debugger_gdb, (uint8_t)byte) == GDB_EVENT_BREAK) {
            line_called = true;
            return true;
        }
    }
    return false;
}

bool line_wants_in(void)
{
    struct debugger_cpu *cpu = debugger_this_cpu();
    bool wanted;

    do {
        if (!take(cpu)) {
            missed = true;
            return false;
        }
        wanted = drain();
        line_free();
    } while (line_missed() && !wanted);
    return wanted;
}
