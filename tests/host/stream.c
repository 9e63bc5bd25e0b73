/* stream.c: see stream.h. */
#include "stream.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char complaint[256];

static const char *complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(complaint, sizeof complaint, format, arguments);
    va_end(arguments);
    return complaint;
}

void stream_init(struct stream *s, unsigned setup)
{
    memset(s, 0, sizeof *s);
    s->setup = setup;
}

void stream_free(struct stream *s)
{
    free(s->bytes);
    s->bytes = NULL;
}

void stream_add(struct stream *s, const void *bytes, size_t n)
{
    if (s->n + n > s->size) {
        s->size = 2 * (s->n + n);
        s->bytes = realloc(s->bytes, s->size);
    }
    if (n)
        memcpy(s->bytes + s->n, bytes, n);
    s->n += n;
}

void stream_mark(struct stream *s, const struct gdb_stop *stop)
{
    if (s->mark_count < STREAM_MARKS)
        s->marks[s->mark_count++] = (struct stream_mark){s->n, *stop};
}

void stream_machine(struct wire *w, unsigned setup)
{
    static const struct gdb_stop trap = {GDB_STOP_SIGNAL, GDB_SIGTRAP, 1, 0};
    wire_init(w);
    struct gdb_target *target = &w->machine.target;
    if (setup & SETUP_NO_THREADS) {
        target->next_thread = NULL;
        target->thread_alive = NULL;
        target->thread_info = NULL;
    }
    if (setup & SETUP_NO_WRITES) {
        target->write_register = NULL;
        target->write_memory = NULL;
    }
    if (setup & SETUP_NO_BREAKPOINTS)
        target->breakpoint_types = 0;
    if (setup & SETUP_NO_MONITOR)
        target->monitor = NULL;
    if (setup & SETUP_NO_RANGE)
        target->can_range = false;
    if (setup & SETUP_MANY_THREADS)
        w->machine.thread_count = 3000;
    w->machine.refuse_resume = setup & SETUP_REFUSE_RESUME;
    if (setup & SETUP_STOPPED)
        wire_stop(w, &trap);
}

/* ---- the second idea of framing ---- */

struct item {
    const uint8_t *payload; /* NULL: a byte outside any packet */
    size_t length;
    size_t end; /* offset of the byte that makes it whole */
    uint8_t byte;
};

static int digit(uint8_t c)
{
    char text[2] = {c, 0};
    return strspn(text, "0123456789abcdefABCDEF") ? (int)strtol(text, NULL, 16) : -1000;
}

/*
 * The next item at or after *at. Every '$' cuts the stream, so a packet is a piece between two of
 * them: payload up to the first '#', two digits, and what follows is outside. Of a damaged one
 * nothing counts, but for a '+' right before the next '$', which is a new client's.
 */
static bool next_item(const struct stream *s, size_t *at, struct item *item)
{
    while (*at < s->n) {
        size_t start = *at;
        if (s->bytes[start] != '$') {
            *item = (struct item){NULL, 0, start, s->bytes[(*at)++]};
            return true;
        }
        const uint8_t *payload = s->bytes + start + 1;
        const uint8_t *cut = memchr(payload, '$', s->n - start - 1);
        size_t room = (cut ? cut : s->bytes + s->n) - payload;
        const uint8_t *hash = memchr(payload, '#', room);
        bool whole = hash && payload + room - hash >= 3;
        size_t length = whole ? (size_t)(hash + 3 - payload) : room;
        *at = start + 1 + length;
        *item = (struct item){payload, whole ? length - 3 : 0, *at - 1, 0};
        if (whole && digit(hash[1]) * 16 + digit(hash[2]) ==
                         (int)wire_checksum(payload, item->length))
            return true;
        *item = (struct item){NULL, 0, *at, '+'};
        if (length && length == room && cut && payload[length - 1] == '+')
            return true;
    }
    return false;
}

/* ---- the two runs ---- */

static void stops_before(struct wire *w, const struct stream *s, size_t *mark, size_t offset)
{
    while (*mark < s->mark_count && s->marks[*mark].offset <= offset)
        wire_stop(w, &s->marks[(*mark)++].stop);
}

static void run_as_it_is(struct wire *w, const struct stream *s)
{
    size_t mark = 0;
    for (size_t i = 0; i < s->n; i++) {
        stops_before(w, s, &mark, i);
        wire_feed(w, &s->bytes[i], 1);
    }
    stops_before(w, s, &mark, s->n);
}

/* How many replies came since offset from of the output; -1 if one is not well formed. */
static int count_replies(const struct wire *w, size_t from)
{
    int replies = 0;
    size_t used;
    for (size_t at = from; at < w->machine.out_length; at += used) {
        struct wire_item item = wire_parse(w->machine.out + at, w->machine.out_length - at, &used);
        if (item.kind == WIRE_GARBAGE)
            return -1;
        bool console = item.length > 2 && item.payload[0] == 'O';
        replies += item.kind == WIRE_FRAME && !console;
    }
    return replies;
}

static bool may_resume(const struct item *item)
{
    return item->length && strchr("cCsSkDv", item->payload[0]);
}

static const char *judge(const struct wire *w, const struct item *item, size_t out,
                         uint32_t resumes)
{
    int replies = count_replies(w, out);
    bool resumed = w->machine.state.resumes != resumes;
    if (replies < 0)
        return complain("malformed reply at %zu", item->end);
    if (w->running != w->gdb.running)
        return complain("events and session disagree on running at %zu", item->end);
    if (!item->payload)
        return resumed ? complain("resumed without a packet at %zu", item->end) : NULL;
    if (resumed)
        return may_resume(item) && replies <= 1 ? NULL : complain("resumed at %zu", item->end);
    /* Only a greeting said again goes without a reply of its own. */
    bool greeting = item->length >= 10 && memcmp(item->payload, "qSupported", 10) == 0;
    if (replies == 1 || (replies == 0 && greeting))
        return NULL;
    return complain("%d replies to the packet at %zu", replies, item->end);
}

static const char *run_clean(struct wire *w, const struct stream *s)
{
    size_t at = 0, mark = 0;
    struct item item;
    const char *wrong = NULL;
    while (!wrong && next_item(s, &at, &item)) {
        stops_before(w, s, &mark, item.end);
        size_t out = w->machine.out_length;
        uint32_t resumes = w->machine.state.resumes;
        if (item.payload)
            wire_feed_packet(w, item.payload, item.length);
        else
            wire_feed(w, &item.byte, 1);
        wrong = judge(w, &item, out, resumes);
    }
    stops_before(w, s, &mark, s->n);
    return wrong;
}

/* The stub is there: it has said why the machine stopped, which the stream ends with asking. */
static const char *answered(struct wire *w)
{
    if (w->running)
        return complain("still running at the end");
    for (size_t at = w->machine.out_length; at-- > 0;)
        if (w->machine.out[at] == '$')
            return w->machine.out[at + 1] == 'T' ? NULL : complain("no answer to the last ?");
    return complain("no answer at all");
}

static struct wire_item next_but_nak(struct wire *w)
{
    struct wire_item item;
    do
        item = wire_next(w);
    while (item.kind == WIRE_NAK);
    return item;
}

static const char *compare(struct wire *a, struct wire *b)
{
    if (memcmp(&a->machine.state, &b->machine.state, sizeof a->machine.state) != 0)
        return complain("damaged packets changed the machine");
    for (;;) {
        struct wire_item one = next_but_nak(a), other = next_but_nak(b);
        if (one.kind == WIRE_GARBAGE)
            return complain("malformed output");
        if (one.kind != other.kind || one.length != other.length ||
            memcmp(one.payload, other.payload, one.length) != 0)
            return complain("damaged packets changed the replies: '%.*s', not '%.*s'",
                            (int)one.length, one.payload, (int)other.length, other.payload);
        if (one.kind == WIRE_NOTHING)
            return NULL;
    }
}

static const char *check_both(const struct stream *s)
{
    static struct wire as_it_is, clean;
    stream_machine(&as_it_is, s->setup);
    stream_machine(&clean, s->setup);
    run_as_it_is(&as_it_is, s);
    const char *wrong = run_clean(&clean, s);
    if (!wrong)
        wrong = answered(&as_it_is);
    if (!wrong)
        wrong = compare(&as_it_is, &clean);
    wire_free(&as_it_is);
    wire_free(&clean);
    return wrong;
}

const char *stream_check(const struct stream *s)
{
    struct stream asked = *s;
    asked.bytes = NULL;
    asked.n = asked.size = 0;
    stream_add(&asked, s->bytes, s->n);
    stream_add(&asked, "$?#3f", 5);
    const char *wrong = check_both(&asked);
    stream_free(&asked);
    return wrong;
}
