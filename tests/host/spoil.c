/*
 * spoil.c: each transcript with one byte wrong, for every byte, and cut short after every byte.
 *
 * What must hold is in stream_check(): a damaged packet is as good as none. In the few transcripts
 * of kilobytes of the same byte, not every byte takes its turn.
 */
#include "spoil.h"
#include "test.h"
#include "transcript.h"

#include <stdio.h>
#include <string.h>

enum { LONG = 600 };

static size_t stride(const struct stream *s)
{
    return s->n > LONG ? s->n / LONG * 4 + 1 : 1;
}

static void corrupt(void *argument)
{
    const struct transcript *t = argument;
    struct stream s = t->stream;
    static const uint8_t bytes[] = {'$', '#', '+', '-', '}', 0x03, 0x00, 0xff};
    for (size_t at = 0; at < s.n; at += stride(&s)) {
        const uint8_t right = s.bytes[at];
        for (size_t i = 0; i < sizeof bytes + 2; i++) {
            s.bytes[at] = i < sizeof bytes ? bytes[i] : right ^ (i == sizeof bytes ? 0x01 : 0x80);
            const char *wrong = stream_check(&s);
            unsigned bad = s.bytes[at];
            s.bytes[at] = right;
            if (wrong)
                test_fail("byte %zu as 0x%02x, not 0x%02x: %s", at, bad, right, wrong);
        }
    }
}

static void cut(void *argument)
{
    const struct transcript *t = argument;
    struct stream s = t->stream;
    size_t n = s.n;
    for (s.n = 0; s.n <= n; s.n += stride(&t->stream)) {
        const char *wrong = stream_check(&s);
        if (wrong)
            test_fail("after %zu bytes: %s", s.n, wrong);
    }
}

bool spoil_transcripts(void)
{
    size_t n;
    char name[128];
    bool all = true;
    const struct transcript *list = transcripts(&n);
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "corrupted %s", list[i].name);
        all &= test_case(name, corrupt, (void *)&list[i]);
        snprintf(name, sizeof name, "cut_short %s", list[i].name);
        all &= test_case(name, cut, (void *)&list[i]);
    }
    return all;
}
