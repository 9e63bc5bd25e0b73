/*
 * packet.c: the frame pump. Bytes in, packets out; replies in, frames out.
 *
 * $<payload>#<two hex digits of the sum of the payload's bytes> (GDB manual, "Overview"). A packet
 * with a bad checksum is answered with '-' in either mode: a client in no-ack mode skips it.
 */
#include "core.h"

static void send_byte(struct gdb *g, uint8_t byte)
{
    g->target->send(g->context, &byte, 1);
}

void gdb_packet_acknowledge(struct gdb *g)
{
    send_byte(g, '+');
}

/*
 * Put the payload in tx on the line, with what belongs around it, in one piece: for many a line a
 * piece costs more than its bytes.
 */
static void send_frame(struct gdb *g)
{
    uint8_t sum = gdb_sum(g->tx, g->tx_length);
    g->frame[0] = '$';
    g->tx[g->tx_length] = '#';
    g->tx[g->tx_length + 1] = gdb_hex_digit(sum >> 4);
    g->tx[g->tx_length + 2] = gdb_hex_digit(sum);
    g->target->send(g->context, g->frame, g->tx_length + 4);
}

/* Send the reply in tx. It stays there, as it was sent, in case the client asks for it again. */
void gdb_packet_send(struct gdb *g)
{
    if (g->tx_overflow)
        gdb_malformed(g);
    gdb_rle_reply(g);
    send_frame(g);
    /* The OK to QStartNoAckMode is the last reply to be acknowledged. */
    g->tx_unacked = !g->no_ack || g->no_ack_fresh;
    g->statistics.packets_out++;
}

static void resend(struct gdb *g)
{
    if (!g->tx_unacked) {
        g->statistics.stray_bytes++;
        return;
    }
    g->statistics.resent++;
    send_frame(g);
}

static enum line_event acknowledged(struct gdb *g)
{
    /* In no-ack mode nobody sends '+' but a client that does not know of it: a new one. */
    if (g->no_ack && !g->no_ack_fresh)
        return LINE_NEWCOMER;
    g->no_ack_fresh = false;
    g->tx_unacked = false;
    return LINE_QUIET;
}

static enum line_event outside(struct gdb *g, uint8_t byte)
{
    switch (byte) {
    case '+':
        return acknowledged(g);
    case '-':
        resend(g);
        return LINE_QUIET;
    case GDB_INTERRUPT_BYTE:
        return LINE_INTERRUPT;
    default:
        g->statistics.stray_bytes++;
        return LINE_QUIET;
    }
}

static void start_packet(struct gdb *g)
{
    g->rx_state = RX_INSIDE;
    g->rx_length = 0;
    g->rx_checksum = 0;
    g->rx_expected = 0;
    g->rx_last = 0;
}

/*
 * A '$' starts a packet wherever it comes: the one before was cut short. A '+' right before it was
 * no part of that one but the greeting of a new client: whoever began it is dead.
 */
static enum line_event restart(struct gdb *g)
{
    bool greeted = g->rx_last == '+';
    start_packet(g);
    return greeted ? acknowledged(g) : LINE_QUIET;
}

/* A packet too long is read to its end, so that its checksum can tell whether it was one. */
static void inside(struct gdb *g, uint8_t byte)
{
    if (byte == '#') {
        g->rx_state = RX_CHECKSUM_HIGH;
        return;
    }
    g->rx_checksum += byte;
    if (g->rx_length < g->packet_max)
        g->rx[g->rx_length] = byte;
    if (g->rx_length <= g->packet_max)
        g->rx_length++;
}

size_t gdb_receive_inside(struct gdb *g, const uint8_t *bytes, size_t n)
{
    if (g->rx_complete || g->rx_state != RX_INSIDE || g->rx_length >= g->packet_max)
        return 0;
    size_t room = g->packet_max - g->rx_length;
    n = gdb_before_mark(bytes, n < room ? n : room);
    if (n == 0)
        return 0;
    memcpy(g->rx + g->rx_length, bytes, n);
    g->rx_length += n;
    g->rx_checksum += gdb_sum(bytes, n);
    g->rx_last = bytes[n - 1];
    return n;
}

static enum line_event finish(struct gdb *g)
{
    g->rx_state = RX_OUTSIDE;
    if (g->rx_length > g->packet_max)
        g->statistics.overlong++;
    if (g->rx_expected != g->rx_checksum) {
        g->statistics.bad_checksums++;
        send_byte(g, '-');
        return LINE_QUIET;
    }
    g->statistics.packets_in++;
    g->no_ack_fresh = false;
    g->rx_complete = true;
    if (!g->no_ack)
        gdb_packet_acknowledge(g);
    return LINE_PACKET;
}

/* Take one byte. */
enum line_event gdb_packet_receive(struct gdb *g, uint8_t byte)
{
    if (g->rx_complete) /* the machine is being stopped for the packet in rx */
        return byte == GDB_INTERRUPT_BYTE ? LINE_INTERRUPT : LINE_QUIET;
    if (byte == '$')
        return restart(g);
    g->rx_last = g->rx_state == RX_OUTSIDE ? 0 : byte;
    switch (g->rx_state) {
    case RX_INSIDE:
        inside(g, byte);
        return LINE_QUIET;
    case RX_CHECKSUM_HIGH:
        g->rx_expected = gdb_hex_value(byte) << 4;
        g->rx_state = RX_CHECKSUM_LOW;
        return LINE_QUIET;
    case RX_CHECKSUM_LOW:
        /* Bytes that are no digits add more than a checksum can hold, so they never match. */
        g->rx_expected += gdb_hex_value(byte);
        return finish(g);
    default:
        return outside(g, byte);
    }
}
