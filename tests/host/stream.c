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
    if (setup & (SETUP_NO_WRITES | SETUP_NO_SCRATCH))
        target->allocate = NULL;
    w->machine.no_sleepers = setup & SETUP_NO_SLEEPERS;
    if (setup & SETUP_NO_BREAKPOINTS)
        target->breakpoint_types = 0;
    if (setup & SETUP_NO_MONITOR)
        target->monitor = NULL;
    if (setup & SETUP_NO_RANGE)
        target->can_range = false;
    if (setup & SETUP_MANY_THREADS)
        w->machine.thread_count = 3000;
    w->machine.library_count = setup & SETUP_LIBRARIES ? 2 : 0;
    if (!(setup & SETUP_LIBRARIES))
        w->machine.target.library = NULL;
    if (!(setup & SETUP_MOVED))
        w->machine.target.offsets = NULL;
    w->machine.refuse_resume = setup & SETUP_REFUSE_RESUME;
    w->machine.file = setup & SETUP_FILE ? "/home/a <b>/}kernel#1.elf" : NULL;
    if (setup & SETUP_SERVED_FILE)
        w->machine.file = "/kernel.elf";
    if (!(setup & SETUP_AGENTS))
        w->machine.target.agent_memory = NULL;
    if (!(setup & SETUP_TRACE))
        w->machine.target.trace_memory = NULL;
    if (!(setup & (SETUP_FILES | SETUP_SERVED_FILE)))
        w->machine.target.file = NULL;
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

static void run_as_it_is(struct wire *w, const struct stream *s)
{
    size_t mark = 0;
    for (size_t i = 0; i <= s->n; i++) {
        while (mark < s->mark_count && s->marks[mark].offset <= i)
            wire_stop(w, &s->marks[mark++].stop);
        if (i < s->n)
            wire_feed(w, &s->bytes[i], 1);
    }
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

/* The clean run, in which every item is judged by what it did. */
struct run {
    struct wire *w;
    const struct stream *s;
    size_t mark;
    /* The stop that comes next may be reported, must be reported: the client resumed the machine. */
    bool may_report, must_report;
    /* Before the item that is judged. */
    size_t out;
    uint32_t resumes;
    bool was_running;
};

static const char *judge_stop(struct run *r, size_t offset)
{
    int reports = count_replies(r->w, r->out);
    if (reports < 0 || reports > r->may_report || reports < r->must_report)
        return complain("%d stop replies at %zu", reports, offset);
    r->may_report = r->must_report = false;
    return NULL;
}

static const char *judge_byte(struct run *r, const struct item *item)
{
    if (r->w->machine.state.resumes != r->resumes)
        return complain("resumed without a packet at %zu", item->end);
    if (r->was_running && !r->w->running)
        return item->byte == 0x03 ? judge_stop(r, item->end)
                                  : complain("stopped by a byte at %zu", item->end);
    if (item->byte == '+') /* perhaps a new client's, which is owed nothing */
        r->must_report = false;
    int frames = count_replies(r->w, r->out);
    bool resent = frames == 1 && item->byte == '-';
    return frames == 0 || resent ? NULL : complain("a reply to a byte at %zu", item->end);
}

static const char *judge_packet(struct run *r, const struct item *item)
{
    int replies = count_replies(r->w, r->out);
    bool greeting = item->length >= 10 && memcmp(item->payload, "qSupported", 10) == 0;
    if (replies < 0)
        return complain("malformed reply at %zu", item->end);
    r->may_report = r->must_report = false;
    if (r->w->machine.state.resumes == r->resumes) {
        /* Only a greeting said again goes without a reply of its own. */
        bool right = replies == 1 || (replies == 0 && greeting);
        return right && !r->w->running ? NULL : complain("%d replies at %zu", replies, item->end);
    }
    if (!item->length || !strchr("cCsSkDv", item->payload[0]) || replies > 1 || !r->w->running)
        return complain("resumed at %zu", item->end);
    r->may_report = r->must_report = replies == 0 && item->payload[0] != 'k';
    return NULL;
}

static void note(struct run *r)
{
    r->out = r->w->machine.out_length;
    r->resumes = r->w->machine.state.resumes;
    r->was_running = r->w->running;
}

static const char *stops_before(struct run *r, size_t offset)
{
    const char *wrong = NULL;
    while (!wrong && r->mark < r->s->mark_count && r->s->marks[r->mark].offset <= offset) {
        note(r);
        if (wire_stop(r->w, &r->s->marks[r->mark++].stop))
            wrong = judge_stop(r, offset);
    }
    return wrong;
}

static const char *run_item(struct run *r, const struct item *item)
{
    note(r);
    if (item->payload)
        wire_feed_packet(r->w, item->payload, item->length);
    else
        wire_feed(r->w, &item->byte, 1);
    if (r->w->running != r->w->gdb.running)
        return complain("events and session disagree on running at %zu", item->end);
    return item->payload ? judge_packet(r, item) : judge_byte(r, item);
}

static const char *run_clean(struct wire *w, const struct stream *s)
{
    struct run r = {.w = w, .s = s};
    size_t at = 0;
    struct item item;
    const char *wrong = NULL;
    while (!wrong && next_item(s, &at, &item)) {
        wrong = stops_before(&r, item.end);
        if (!wrong)
            wrong = run_item(&r, &item);
    }
    return wrong ? wrong : stops_before(&r, s->n);
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
