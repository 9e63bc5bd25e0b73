/* test_patience.c: work that takes longer than its client waits. */
#include "test.h"
#include "wire.h"

#include <string.h>

static struct {
    uint64_t now, step; /* each look at the clock takes that long */
    unsigned looks;     /* at the line; at this one there is an 0x03, or from then on a packet */
    unsigned interrupt_at, packet_at;
} world;

static uint64_t clock_of(void *context)
{
    (void)context;
    return world.now += world.step;
}

static bool interrupted(void *context)
{
    (void)context;
    return ++world.looks == world.interrupt_at;
}

static bool packet_waits(void *context)
{
    (void)context;
    return world.packet_at && world.looks >= world.packet_at;
}

/* Feed a packet; what the stub has put on the line for it. */
static const char *asked(struct wire *w, const char *payload)
{
    static char said[0x100];
    size_t before = w->machine.out_length, n;
    world.looks = 0;
    wire_feed_packet(w, payload, strlen(payload));
    n = w->machine.out_length - before;
    CHECK(n < sizeof said, "%zu bytes for %s", n, payload);
    memcpy(said, w->machine.out + before, n);
    said[n] = '\0';
    return said;
}

static void begin(struct wire *w, uint64_t step, unsigned interrupt_at, unsigned packet_at)
{
    wire_init(w);
    w->machine.target.microseconds = clock_of;
    w->machine.target.interrupted = interrupted;
    w->machine.target.packet_waits = packet_waits;
    wire_feed_packet(w, "qSupported", 10); /* lldb begins otherwise */
    wire_feed(w, "+$QStartNoAckMode#b0+", 21);
    memset(&world, 0, sizeof world);
    world.step = step;
    world.interrupt_at = interrupt_at;
    world.packet_at = packet_at;
}

#define CHECK_SAYS(payload, text) \
    do { \
        const char *said = asked(&w, payload); \
        CHECK(strcmp(said, text) == 0, "%s: %s", payload, said); \
    } while (0)

/* Four pieces of 16 KiB; a search keeps some of each, and takes five. */
#define SEARCH "qSearch:memory:100000;10000;absent"
#define CRC    "qCRC:100000,10000"
#define FAILED "$E14#aa"

TEST(who_waits_is_told_every_half_second)
{
    struct wire w;
    begin(&w, 300000, 0, 0);
    CHECK_SAYS(SEARCH, "++$0#30");
    CHECK(strncmp(asked(&w, CRC), "+$C", 3) == 0, "and for a checksum");
    world.step = 500000;
    CHECK_SAYS(SEARCH, "++++$0#30");
    world.step = 100000;
    CHECK_SAYS(SEARCH, "$0#30");
    w.machine.target.microseconds = NULL;
    CHECK_SAYS(SEARCH, "$0#30");
    wire_free(&w);
}

TEST(lldb_is_not_told)
{
    struct wire w;
    begin(&w, 500000, 0, 0);
    wire_feed_packet(&w, "QThreadSuffixSupported", 22);
    CHECK_SAYS(SEARCH, "$0#30");
    wire_free(&w);
}

TEST(long_work_can_be_interrupted)
{
    struct wire w;
    for (unsigned look = 1; look <= 4; look++) {
        begin(&w, 0, look, 0);
        CHECK_SAYS(SEARCH, FAILED);
        CHECK(world.looks == look, "no more is read");
        CHECK_SAYS(CRC, FAILED);
        CHECK_SAYS("m1000,1", "$00#60");
        wire_free(&w);
    }
}

TEST(nobody_hears_what_a_client_that_has_gone_has_asked_for)
{
    struct wire w;
    begin(&w, 500000, 0, 3);
    CHECK_SAYS(SEARCH, "+"); /* at the third look there is a packet of somebody else's */
    CHECK(world.looks == 3, "no more is read");
    CHECK_SAYS("m1000,1", "+$00#60"); /* in a session of its own, with acknowledgements */
    wire_free(&w);
}

/* Nobody has been told to wait: it is a client that does not wait for one reply after another. */
TEST(a_packet_that_is_early_does_not_matter)
{
    struct wire w;
    begin(&w, 100000, 0, 1);
    CHECK_SAYS(SEARCH, "$0#30");
    wire_free(&w);
}

static uint64_t no_size(void *context, unsigned number)
{
    (void)context;
    (void)number;
    return GDB_FILE_LONG;
}

TEST(a_file_whose_size_was_not_waited_for)
{
    struct wire w;
    begin(&w, 0, 0, 0);
    w.machine.target.file_size = no_size;
    CHECK(strncmp(asked(&w, "vFile:fstat:30004"), "$F-1,4#", 7) == 0, "fstat");
    CHECK(strncmp(asked(&w, "vFile:pread:30004,10,0"), "$F-1,4#", 7) == 0, "pread");
    wire_free(&w);
}
