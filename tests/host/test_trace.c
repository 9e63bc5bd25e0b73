/* test_trace.c: tracepoints at their limits; what they answer is in transcripts/tracepoints.txt. */
#include "test.h"
#include "trace.h"
#include "trace_hits.h"
#include "wire.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin(struct wire *w)
{
    static const struct gdb_stop stop = {GDB_STOP_SIGNAL, GDB_SIGTRAP, 1, 0};
    wire_init(w);
    wire_stop(w, &stop);
}

/* The answer, up to the next call. */
static const char *ask(struct wire *w, const char *packet)
{
    static char answer[0x8000];
    struct wire_item item;
    wire_feed_packet(w, packet, strlen(packet));
    answer[0] = '\0';
    while ((item = wire_next(w)).kind != WIRE_NOTHING) {
        if (item.kind != WIRE_FRAME)
            continue;
        size_t n = item.length < sizeof answer - 1 ? item.length : sizeof answer - 1;
        memcpy(answer, item.payload, n);
        answer[n] = '\0';
    }
    wire_feed(w, "+", 1);
    return answer;
}

static bool says(struct wire *w, const char *packet, const char *answer)
{
    return strcmp(ask(w, packet), answer) == 0;
}

TEST(a_thousand_tracepoints_are_taken_or_refused_with_words)
{
    struct wire w;
    char packet[64];
    unsigned taken = 0, refused = 0;
    begin(&w);
    ask(&w, "QTinit");
    for (unsigned i = 1; i <= 1000; i++) {
        snprintf(packet, sizeof packet, "QTDP:%x:%x:E:0:0", i, 0x1000 + i);
        const char *answer = ask(&w, packet);
        taken += strcmp(answer, "OK") == 0;
        refused += strncmp(answer, "E.no room", 9) == 0;
    }
    CHECK(taken > 100 && refused && taken + refused == 1000, "%u %u", taken, refused);
    CHECK(strncmp(ask(&w, "QTStart"), "E.", 2) == 0);
    CHECK(w.machine.state.breakpoint_count == 0);
    wire_free(&w);
}

TEST(an_action_that_finds_no_room_leaves_nothing_behind)
{
    struct wire w;
    static char packet[0x3000];
    begin(&w);
    ask(&w, "QTinit");
    CHECK(says(&w, "QTDP:1:1000:E:0:0-", "OK"));
    size_t n = sprintf(packet, "QTDP:-1:1000:X%x,", 0x1000);
    memset(packet + n, '0', 0x2000);
    strcpy(packet + n + 0x2000, "-");
    CHECK(says(&w, packet, "OK") && says(&w, packet, "OK") && says(&w, packet, "OK"));
    uint32_t used = w.gdb.trace.used;
    CHECK(strncmp(ask(&w, packet), "E.no room", 9) == 0 && w.gdb.trace.used == used);
    CHECK(says(&w, "QTDP:-1:1000:R1", "OK"));
    wire_free(&w);
}

/* Each condition that is false for one is true for the other, at one address. */
TEST(tracepoints_at_one_address_are_each_their_own)
{
    struct wire w;
    struct gdb_trace_walk walk;
    begin(&w);
    ask(&w, "QTinit");
    CHECK(says(&w, "QTDP:1:1000:E:0:0:X3,220027", "OK"));
    CHECK(says(&w, "QTDP:2:1000:E:3:0", "OK"));
    CHECK(says(&w, "QTDP:3:1000:E:1:0", "OK"));
    CHECK(says(&w, "QTStart", "OK"));
    const struct gdb_agent agent = trace_agent(&w.gdb, &w.machine);
    CHECK(gdb_trace_hit(&w.gdb, &agent, 0x1000, &walk) && walk.steps == 3);
    CHECK(gdb_trace_step(&w.gdb, &agent, &walk) && gdb_trace_step(&w.gdb, &agent, &walk));
    CHECK(!gdb_trace_step(&w.gdb, &agent, &walk));
    CHECK(!gdb_trace_hit(&w.gdb, &agent, 0x1001, &walk), "there is none");
    CHECK(says(&w, "qTP:1:1000", "V0:0"));
    CHECK(strncmp(ask(&w, "qTStatus"), "T1;tframes:6;tcreated:6;", 24) == 0);
    wire_free(&w);
}

TEST(memory_that_is_not_there_is_not_in_the_frame)
{
    struct wire w;
    struct gdb_trace_walk walk;
    begin(&w);
    ask(&w, "QTinit");
    ask(&w, "QTDP:1:1000:E:0:0-");
    CHECK(says(&w, "QTDP:-1:1000:M-1,2ff8,10M-1,fffffffffffffffc,10M-1,9000,1R1", "OK"));
    CHECK(says(&w, "QTStart", "OK"));
    const struct gdb_agent agent = trace_agent(&w.gdb, &w.machine);
    gdb_trace_hit(&w.gdb, &agent, 0x1000, &walk);
    CHECK(says(&w, "QTFrame:0", "F0T1"));
    CHECK(says(&w, "m2ff8,10", "f8f9fafbfcfdfeff") && says(&w, "m9000,1", "E14"));
    CHECK(says(&w, "mfffffffffffffffc,10", "fcfdfeff"));
    CHECK(strstr(ask(&w, "qTStatus"), "tunreadable:2"));
    wire_free(&w);
}

/* $n = $n + 1 by four processors at once: not one step is lost. */
enum { COUNTS = 20000 };

static void *count_up(void *argument)
{
    static const uint8_t code[] = {0x2c, 0, 9, 0x22, 1, 0x02, 0x2d, 0, 9, 0x27};
    const struct gdb_agent *agent = argument;
    uint64_t value;
    size_t at;
    for (unsigned i = 0; i < COUNTS; i++)
        gdb_agent_run(agent, (struct gdb_agent_code){code, sizeof code}, &value, &at);
    return NULL;
}

TEST(a_count_that_all_processors_keep_is_right)
{
    struct wire w;
    pthread_t threads[4];
    begin(&w);
    struct gdb_agent agent = trace_agent(&w.gdb, &w.machine);
    for (unsigned i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, count_up, &agent);
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK(*gdb_agent_variable(&w.gdb.variables, 9, false) == 4 * COUNTS);
    wire_free(&w);
}

static uint64_t clock_of(void *context)
{
    static uint64_t now = 1000;
    (void)context;
    return now++;
}

/* gdb's own order: what the target has, what the user has, the start; the clock is not set by it. */
TEST(the_clock_is_a_variable_and_says_when_a_trace_began_and_ended)
{
    struct wire w;
    struct gdb_trace_walk walk;
    begin(&w);
    ask(&w, "QTinit");
    CHECK(says(&w, "qTfV", "l") && says(&w, "qTV:1", "U"), "no machine has one unless it says so");
    w.machine.target.microseconds = clock_of;
    ask(&w, "QTDV:2:7:0:62");
    CHECK(says(&w, "qTfV", "1:0:1:74726163655f74696d657374616d70"));
    CHECK(says(&w, "qTsV", "2:7:0:62") && says(&w, "qTsV", "l"));
    CHECK(says(&w, "QTDV:1:0:1:74726163655f74696d657374616d70", "OK"));
    CHECK(says(&w, "QTDP:1:1000:E:0:1-", "OK") && says(&w, "QTDP:-1:1000:X4,2e000127", "OK"));
    CHECK(!strstr(ask(&w, "qTStatus"), "time:") && says(&w, "QTStart", "OK"));
    const char *status = ask(&w, "qTStatus");
    CHECK(strstr(status, ";starttime:") && !strstr(status, ";stoptime:"));
    struct gdb_agent agent = trace_agent(&w.gdb, &w.machine);
    agent.microseconds = clock_of;
    gdb_trace_hit(&w.gdb, &agent, 0x1000, &walk);
    status = ask(&w, "qTStatus");
    unsigned long long began = strtoull(strstr(status, "starttime:") + 10, NULL, 16);
    unsigned long long ended = strtoull(strstr(status, "stoptime:") + 9, NULL, 16);
    CHECK(says(&w, "QTFrame:0", "F0T1"));
    unsigned long long hit = strtoull(ask(&w, "qTV:1") + 1, NULL, 16);
    CHECK(began < hit && hit < ended, "%llu %llu %llu", began, hit, ended);
    ask(&w, "QTFrame:ffffffff");
    CHECK(says(&w, "QTDV:1:2a:0:61", "OK") && says(&w, "qTV:1", "V2a"), "a user's own");
    CHECK(says(&w, "qTfV", "1:2a:0:61"));
    wire_free(&w);
}

TEST(steps_of_the_last_hit_come_before_the_end_and_are_lost_with_it)
{
    struct wire w;
    struct gdb_trace_walk walk, late;
    begin(&w);
    ask(&w, "QTinit");
    CHECK(says(&w, "QTDP:1:1000:E:2:2", "OK") && says(&w, "QTDP:2:1001:E:5:1", "OK"));
    CHECK(says(&w, "QTStart", "OK"));
    const struct gdb_agent agent = trace_agent(&w.gdb, &w.machine);
    CHECK(gdb_trace_hit(&w.gdb, &agent, 0x1000, &walk) && gdb_trace_hit(&w.gdb, &agent, 0x1000, &walk));
    CHECK(!gdb_trace_hit(&w.gdb, &agent, 0x1000, &late), "that would be the third");
    CHECK(gdb_trace_step(&w.gdb, &agent, &walk) && strncmp(ask(&w, "qTStatus"), "T1", 2) == 0);
    CHECK(!gdb_trace_step(&w.gdb, &agent, &walk));
    CHECK(strncmp(ask(&w, "qTStatus"), "T0;tpasscount:1;tframes:4;", 26) == 0);
    CHECK(says(&w, "QTStart", "OK") && gdb_trace_hit(&w.gdb, &agent, 0x1001, &walk));
    CHECK(gdb_trace_step(&w.gdb, &agent, &walk));
    late = walk;
    gdb_trace_abandon(&w.gdb, &walk);
    const char *status = ask(&w, "qTStatus");
    CHECK(strncmp(status, "T0;tpasscount:2;tframes:2;", 26) == 0 && strstr(status, ";tlost:4;"), "%s", status);
    CHECK(says(&w, "QTStart", "OK") && !gdb_trace_step(&w.gdb, &agent, &late), "of another trace");
    gdb_trace_abandon(&w.gdb, &late);
    CHECK(strstr(ask(&w, "qTStatus"), ";tframes:0;") && strstr(ask(&w, "qTStatus"), ";tlost:0;"));
    wire_free(&w);
}

/* Memory that the kernel has written over: no step out of it, and an answer to each question. */
TEST(spoiled_definitions_end)
{
    static const char *const questions[] = {"qTfP", "qTsP", "qTsP", "qTsP", "qTfV", "qTsV", "qTP:1:1000",
                                            "QTFrame:0", "g", "m1010,4", "qTV:1", "qTBuffer:0,400",
                                            "qTStatus", "QTFrame:ffffffff"};
    struct wire w;
    struct gdb_trace_walk walk;
    begin(&w);
    ask(&w, "QTinit");
    ask(&w, "QTDV:1:0:0:61");
    ask(&w, "QTNotes:user:6162");
    ask(&w, "QTDP:1:1000:E:1:0:X3,220127-");
    ask(&w, "QTDP:-1:1000:R9M-1,1010,4X4,2e000127-");
    ask(&w, "QTDP:-1:1000:SR1");
    ask(&w, "QTDPsrc:1:1000:at:0:1:61");
    CHECK(says(&w, "QTStart", "OK"));
    const struct gdb_agent agent = trace_agent(&w.gdb, &w.machine);
    for (size_t at = 0; at < w.gdb.trace.used; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            w.machine.trace[at] ^= 1u << bit;
            if (gdb_trace_hit(&w.gdb, &agent, 0x1000, &walk))
                gdb_trace_step(&w.gdb, &agent, &walk);
            for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
                ask(&w, questions[i]);
            w.machine.trace[at] ^= 1u << bit;
        }
    }
    wire_free(&w);
}
