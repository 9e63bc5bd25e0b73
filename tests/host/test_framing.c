/*
 * test_framing.c: properties of framing and escapes, on data from a seeded generator, whatever way
 * the line cuts it up. The seed is printed with a failure; SEED=n runs it again.
 */
#include "test.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 400 };

static uint64_t state, seed;

static void seeded(void)
{
    const char *given = getenv("SEED");
    state = seed = given ? strtoull(given, NULL, 0) : 0x7261706c696e65;
}

/* xorshift64* */
static uint32_t random_below(uint32_t bound)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (state * 0x2545f4914f6cdd1dull >> 32) % bound;
}

/* Half of the bytes are those that framing cares about. */
static void random_bytes(uint8_t *out, size_t n)
{
    static const uint8_t special[] = "$#}*+-\x03\x04\x5d\x0a";
    for (size_t i = 0; i < n; i++)
        out[i] = random_below(2) ? random_below(256) : special[random_below(10)];
}

static void begin(struct wire *w)
{
    wire_init(w);
    wire_feed(w, "+$QStartNoAckMode#b0+", 21);
    w->read = w->machine.out_length;
}

/* What stands between packets in a good conversation and in a bad one, but for what acts by itself:
 * '$', 0x03, and '+', which in no-ack mode is a new client. */
static void noise(struct wire *w)
{
    uint8_t bytes[32];
    size_t n = random_below(sizeof bytes);
    for (size_t i = 0; i < n; i++) {
        do
            bytes[i] = random_below(256);
        while (bytes[i] == '$' || bytes[i] == 0x03 || bytes[i] == '+');
    }
    wire_feed(w, bytes, n);
}

static struct wire_item answer(struct wire *w)
{
    struct wire_item item = wire_next(w);
    CHECK(item.kind == WIRE_FRAME, "no reply (SEED=0x%llx)", (unsigned long long)seed);
    return item;
}

TEST(any_bytes_written_with_X_are_read_with_m)
{
    struct wire w;
    seeded();
    begin(&w);
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t data[512], packet[1200];
        char request[64];
        size_t n = random_below(sizeof data) + 1;
        uint64_t address = MACHINE_RAM + random_below(MACHINE_RAM_SIZE - n);
        random_bytes(data, n);
        int head = sprintf((char *)packet, "X%llx,%zx:", (unsigned long long)address, n);
        noise(&w);
        wire_feed_packet(&w, packet, head + wire_escape(packet + head, data, n));
        struct wire_item item = answer(&w);
        CHECK(item.length == 2 && memcmp(item.payload, "OK", 2) == 0, "round %d", i);
        sprintf(request, "m%llx,%zx", (unsigned long long)address, n);
        wire_feed_packet(&w, request, strlen(request));
        item = answer(&w);
        CHECK(item.length == 2 * n, "%zu digits", item.length);
        for (size_t k = 0; k < n; k++) {
            char digits[3];
            sprintf(digits, "%02x", data[k]);
            CHECK(memcmp(item.payload + 2 * k, digits, 2) == 0, "round %d byte %zu", i, k);
        }
    }
    wire_free(&w);
}

TEST(any_bytes_are_found_where_they_were_written)
{
    struct wire w;
    seeded();
    begin(&w);
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t pattern[24], packet[128];
        char expected[32];
        size_t n = random_below(sizeof pattern - 8) + 8;
        uint64_t at = MACHINE_RAM + random_below(MACHINE_RAM_SIZE - n);
        random_bytes(pattern, n);
        memcpy(w.machine.state.ram + (at - MACHINE_RAM), pattern, n);
        int head = sprintf((char *)packet, "qSearch:memory:%x;%x;", MACHINE_RAM, MACHINE_RAM_SIZE);
        wire_feed_packet(&w, packet, head + wire_escape(packet + head, pattern, n));
        struct wire_item item = answer(&w);
        int length = sprintf(expected, "1,%llx", (unsigned long long)at);
        CHECK((int)item.length == length && memcmp(item.payload, expected, length) == 0,
              "round %d: %.*s, not %s (SEED=0x%llx)", i, (int)item.length, item.payload, expected,
              (unsigned long long)seed);
        memset(w.machine.state.ram + (at - MACHINE_RAM), 0, n);
    }
    wire_free(&w);
}

TEST(packets_that_say_nothing_we_know_get_one_reply_each)
{
    struct wire w;
    seeded();
    begin(&w);
    for (int i = 0; i < 20 * ROUNDS; i++) {
        uint8_t data[64], packet[160];
        /* Not what resumes or leaves, nor what may print. */
        size_t n = random_below(sizeof data);
        random_bytes(data, n);
        if (n && strchr("cCsSkDvq", data[0]))
            data[0] = 'j';
        wire_feed_packet(&w, packet, wire_escape(packet, data, n));
        answer(&w);
        struct wire_item more = wire_next(&w);
        CHECK(more.kind == WIRE_NOTHING, "two replies to '%.*s' (SEED=0x%llx)", (int)n, data,
              (unsigned long long)seed);
    }
    CHECK(!w.running, "resumed (SEED=0x%llx)", (unsigned long long)seed);
    wire_free(&w);
}

/* An embedder takes bytes from a FIFO in lots, but stops taking them when the machine resumes. */
TEST(a_conversation_in_lots_of_any_size_is_the_same)
{
    static const char conversation[] =
        "+$QStartNoAckMode#b0+$qC#b4$vCont;s:1#23\x03$X1000,4:}\x03}\x04}]}\x0a#15$m1000,4#8e"
        "$vCont;c#a8\x03\x03$?#3f";
    struct wire whole;
    wire_init(&whole);
    wire_feed(&whole, conversation, sizeof conversation - 1);
    CHECK(whole.machine.state.resumes == 2 && whole.breaks == 3, "%u, %u",
          whole.machine.state.resumes, whole.breaks);
    seeded();
    for (int i = 0; i < ROUNDS / 8; i++) {
        struct wire w;
        wire_init(&w);
        for (size_t at = 0, n; at < sizeof conversation - 1; at += n) {
            n = random_below(9) + 1;
            if (n > sizeof conversation - 1 - at)
                n = sizeof conversation - 1 - at;
            wire_feed(&w, conversation + at, n);
        }
        CHECK(w.machine.out_length == whole.machine.out_length &&
                  memcmp(w.machine.out, whole.machine.out, w.machine.out_length) == 0,
              "'%.*s'", (int)w.machine.out_length, w.machine.out);
        wire_free(&w);
    }
    wire_free(&whole);
}
