/* wire.c: both ends of the line of wire.h. */
#include "trace_hits.h"
#include "wire.h"

#include <stdio.h>
#include <string.h>

#define WIRE_EXPANDED_MAX 0x20000

void wire_init(struct wire *w)
{
    machine_init(&w->machine);
    gdb_init(&w->gdb, &w->machine.target, &w->machine);
    w->running = true;
    w->breaks = 0;
    w->read = 0;
}

void wire_free(struct wire *w)
{
    machine_free(&w->machine);
}

bool wire_stop(struct wire *w, const struct gdb_stop *stop)
{
    if (!w->running)
        return false;
    w->running = gdb_stopped(&w->gdb, stop) == GDB_EVENT_RESUME;
    return true;
}

void wire_feed(struct wire *w, const void *bytes, size_t n)
{
    static const struct gdb_stop interrupt = {GDB_STOP_SIGNAL, GDB_SIGINT, 1, 0};
    const uint8_t *next = bytes, *end = next + n;
    while (next < end) {
        /* Every other time by the piece, so that what is the same either way has been both. */
        if (w->feeds++ % 2)
            next += gdb_receive_inside(&w->gdb, next, end - next);
        if (next == end)
            break;
        switch (gdb_receive(&w->gdb, *next++)) {
        case GDB_EVENT_NONE:
            break;
        case GDB_EVENT_BREAK:
            w->breaks++;
            wire_stop(w, &interrupt);
            break;
        case GDB_EVENT_RESUME:
            w->running = true;
            trace_hits(&w->gdb, &w->machine);
            break;
        }
    }
}

unsigned wire_checksum(const uint8_t *bytes, size_t n)
{
    unsigned sum = 0;
    while (n)
        sum += bytes[--n];
    return sum & 0xff;
}

void wire_feed_packet(struct wire *w, const void *payload, size_t n)
{
    char end[4];
    snprintf(end, sizeof end, "#%02x", wire_checksum(payload, n));
    wire_feed(w, "$", 1);
    wire_feed(w, payload, n);
    wire_feed(w, end, 3);
}

static int digit(uint8_t c)
{
    const char *place = c ? strchr("0123456789abcdef", c) : NULL;
    return place ? (int)(place - "0123456789abcdef") : -1000;
}

/*
 * Run lengths undone; 0 and garbage if there is a count that the manual forbids, or a run that
 * begins with an escaped byte: clients differ in what they would repeat.
 */
static size_t expand(uint8_t *out, const uint8_t *in, size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        if (in[i] != '*') {
            out[used++] = in[i];
            continue;
        }
        if (++i == n || in[i] < 32 || in[i] > 126 || strchr("#$+-", in[i]) || used == 0 ||
            (used > 1 && out[used - 2] == '}'))
            return 0;
        size_t times = in[i] - 29;
        if (used + times > WIRE_EXPANDED_MAX)
            return 0;
        memset(out + used, out[used - 1], times);
        used += times;
    }
    return used;
}

/*
 * A frame as the manual has it: nothing special inside but escapes and run lengths, checksum in two
 * digits. The payload is there until the next call.
 */
static struct wire_item parse_frame(const uint8_t *bytes, size_t n, size_t *used)
{
    static uint8_t expanded[WIRE_EXPANDED_MAX];
    const struct wire_item garbage = {WIRE_GARBAGE, bytes, n};
    const uint8_t *end = memchr(bytes, '#', n);
    *used = n;
    if (!end || bytes + n - end < 3)
        return garbage;
    size_t length = end - bytes - 1;
    struct wire_item item = {WIRE_FRAME, expanded, expand(expanded, bytes + 1, length)};
    if (item.length < length)
        return garbage;
    for (size_t i = 0; i < item.length; i++)
        if (item.payload[i] == '$' || (item.payload[i] == '}' && ++i == item.length))
            return garbage;
    if (digit(end[1]) * 16 + digit(end[2]) != (int)wire_checksum(bytes + 1, length))
        return garbage;
    *used = end + 3 - bytes;
    return item;
}

struct wire_item wire_parse(const uint8_t *bytes, size_t n, size_t *used)
{
    *used = 1;
    if (n == 0)
        return (struct wire_item){WIRE_NOTHING, bytes, *used = 0};
    switch (bytes[0]) {
    case '+':
        return (struct wire_item){WIRE_ACK, bytes, 0};
    case '-':
        return (struct wire_item){WIRE_NAK, bytes, 0};
    case '$':
        return parse_frame(bytes, n, used);
    default:
        return (struct wire_item){WIRE_GARBAGE, bytes, *used = n};
    }
}

struct wire_item wire_next(struct wire *w)
{
    size_t used;
    struct wire_item item =
        wire_parse(w->machine.out + w->read, w->machine.out_length - w->read, &used);
    w->read += used;
    return item;
}

size_t wire_escape(uint8_t *out, const uint8_t *in, size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        if (memchr("$#}*", in[i], 4)) {
            out[used++] = '}';
            out[used++] = in[i] ^ 0x20;
        } else {
            out[used++] = in[i];
        }
    }
    return used;
}

size_t wire_unescape(uint8_t *out, const uint8_t *in, size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        out[used++] = in[i] == '}' ? in[++i] ^ 0x20 : in[i];
    return used;
}
