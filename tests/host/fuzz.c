/*
 * fuzz.c: a libFuzzer target. The input is a conversation: a letter for the machine's setup, then
 * lines that begin with
 *     >  the rest is a packet's payload, framed with the right checksum
 *     <  the rest is bytes
 *     !  the machine stops: a digit for the reason, one for the thread
 * so that the fuzzer need not find out about checksums but can still damage frames. What must hold is
 * in stream_check().
 */
#include "fuzz.h"
#include "stream.h"

#include <stdio.h>
#include <string.h>

static void add_packet(struct stream *s, const uint8_t *payload, size_t n)
{
    char end[4];
    snprintf(end, sizeof end, "#%02x", wire_checksum(payload, n));
    stream_add(s, "$", 1);
    stream_add(s, payload, n);
    stream_add(s, end, 3);
}

static void add_stop(struct stream *s, const uint8_t *text, size_t n)
{
    struct gdb_stop stop = {GDB_STOP_SIGNAL, GDB_SIGTRAP, 1, 0x1234};
    if (n > 0)
        stop.reason = text[0] % (GDB_STOP_LIBRARY + 1);
    if (n > 1)
        stop.thread = text[1] % 3;
    stream_mark(s, &stop);
}

static void add_line(struct stream *s, const uint8_t *line, size_t n)
{
    switch (n ? line[0] : 0) {
    case '>':
        add_packet(s, line + 1, n - 1);
        break;
    case '<':
        stream_add(s, line + 1, n - 1);
        break;
    case '!':
        add_stop(s, line + 1, n - 1);
        break;
    }
}

const char *fuzz_check(const uint8_t *data, size_t n)
{
    struct stream s;
    stream_init(&s, (n ? data[0] : 0) | SETUP_SERVED_FILE | SETUP_AGENTS | SETUP_TRACE);
    while (n) {
        const uint8_t *end = memchr(data, '\n', n);
        size_t length = end ? (size_t)(end - data) : n;
        add_line(&s, data, length);
        length += end != NULL;
        data += length;
        n -= length;
    }
    const char *wrong = stream_check(&s);
    stream_free(&s);
    return wrong;
}
