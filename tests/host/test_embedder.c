/*
 * test_embedder.c: the doors that an embedder uses beside gdb_receive: a console, the end of the
 * machine, an operation that faulted, and bytes that come while the machine is being stopped.
 */
#include "test.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void feed(struct wire *w, const char *text)
{
    wire_feed(w, text, strlen(text));
}

/* What the stub has sent since the last call, as a string. */
static const char *sent(struct wire *w)
{
    static char text[4 * GDB_PACKET_MAX];
    size_t n = w->machine.out_length - w->read;
    CHECK(n < sizeof text, "%zu bytes", n);
    memcpy(text, w->machine.out + w->read, n);
    text[n] = '\0';
    w->read = w->machine.out_length;
    return text;
}

static void check_sent(struct wire *w, const char *expected)
{
    const char *got = sent(w);
    CHECK(strcmp(got, expected) == 0, "'%.300s', not '%.300s'", got, expected);
}

/* A client that knows nothing has attached and resumed the machine. */
static void begin_running(struct wire *w)
{
    wire_init(w);
    feed(w, "+$QStartNoAckMode#b0+$c#63");
    CHECK(w->running);
    sent(w);
}

TEST(console_text_goes_to_a_client_that_waits)
{
    struct wire w;
    begin_running(&w);
    CHECK(gdb_client_waits(&w.gdb));
    CHECK(gdb_console(&w.gdb, "hi\n", 3));
    check_sent(&w, "$O68690a#bd");
    CHECK(gdb_console(&w.gdb, "", 0));
    check_sent(&w, "");
    wire_free(&w);
}

TEST(console_text_goes_nowhere_else)
{
    struct wire w;
    wire_init(&w);
    CHECK(!gdb_console(&w.gdb, "hi", 2)); /* nobody attached */
    feed(&w, "$?#3f");
    sent(&w);
    CHECK(!gdb_console(&w.gdb, "hi", 2)); /* stopped */
    feed(&w, "$D#44");
    sent(&w);
    CHECK(!gdb_console(&w.gdb, "hi", 2)); /* running, but the client is gone */
    check_sent(&w, "");
    wire_free(&w);
}

TEST(console_text_longer_than_a_packet_takes_several)
{
    enum { LENGTH = 3 * GDB_PACKET_MAX };
    struct wire w;
    size_t got = 0, packets = 0;
    char *text = malloc(LENGTH);
    begin_running(&w);
    memset(text, 'a', LENGTH);
    CHECK(gdb_console(&w.gdb, text, LENGTH));
    for (struct wire_item item; (item = wire_next(&w)).kind != WIRE_NOTHING; packets++) {
        CHECK(item.kind == WIRE_FRAME && item.payload[0] == 'O' && item.length <= GDB_PACKET_MAX);
        got += (item.length - 1) / 2;
    }
    CHECK(got == LENGTH && packets == 7, "%zu in %zu packets", got, packets);
    free(text);
    wire_free(&w);
}

TEST(print_outside_a_monitor_command_is_silent)
{
    struct wire w;
    wire_init(&w);
    feed(&w, "$?#3f");
    sent(&w);
    gdb_print(&w.gdb, "nobody asked\n");
    check_sent(&w, "");
    wire_free(&w);
}

TEST(print_of_more_than_a_packet_loses_nothing)
{
    struct wire w;
    size_t digits = 0;
    wire_init(&w);
    feed(&w, "+$QStartNoAckMode#b0+");
    sent(&w);
    wire_feed_packet(&w, "qRcmd,666c6f6f64", 16); /* flood: 5000 numbers of 8 digits */
    struct wire_item item = wire_next(&w);
    for (; item.kind == WIRE_FRAME && item.length > 2; item = wire_next(&w)) {
        CHECK(item.payload[0] == 'O' && item.length <= GDB_PACKET_MAX);
        digits += (item.length - 1) / 2;
    }
    CHECK(item.length == 2 && memcmp(item.payload, "OK", 2) == 0);
    CHECK(digits == 5000 * 8, "%zu", digits);
    wire_free(&w);
}

TEST(the_end_of_the_machine_is_told_to_a_client_that_waits)
{
    struct wire w;
    begin_running(&w);
    gdb_exited(&w.gdb, 7);
    check_sent(&w, "$W07#be");
    gdb_exited(&w.gdb, 7); /* once */
    check_sent(&w, "");
    wire_free(&w);
    wire_init(&w);
    gdb_exited(&w.gdb, 0); /* nobody asked */
    check_sent(&w, "");
    feed(&w, "$qSupported:multiprocess+#c6");
    sent(&w);
    gdb_exited(&w.gdb, 0); /* stopped */
    check_sent(&w, "");
    feed(&w, "$c#63");
    sent(&w);
    gdb_exited(&w.gdb, 0);
    check_sent(&w, "$W00;process:1#5c");
    wire_free(&w);
}

TEST(a_second_break_in_before_the_machine_has_stopped)
{
    static const struct gdb_stop interrupt = {GDB_STOP_SIGNAL, GDB_SIGINT, 1, 0};
    struct wire w;
    begin_running(&w);
    CHECK(gdb_receive(&w.gdb, 0x03) == GDB_EVENT_BREAK);
    CHECK(gdb_receive(&w.gdb, 0x03) == GDB_EVENT_BREAK);
    check_sent(&w, "");
    CHECK(gdb_stopped(&w.gdb, &interrupt) == GDB_EVENT_NONE);
    CHECK(strncmp(sent(&w), "$T02", 4) == 0);
    CHECK(gdb_receive(&w.gdb, 0x03) == GDB_EVENT_NONE);
    check_sent(&w, "");
    wire_free(&w);
}

static enum gdb_event receive(struct wire *w, const char *text)
{
    enum gdb_event event = GDB_EVENT_NONE;
    while (*text)
        event = gdb_receive(&w->gdb, *text++);
    return event;
}

TEST(a_packet_waits_until_the_machine_has_stopped)
{
    static const struct gdb_stop interrupt = {GDB_STOP_SIGNAL, GDB_SIGINT, 1, 0};
    struct wire w;
    wire_init(&w);
    CHECK(receive(&w, "$?#3f") == GDB_EVENT_BREAK);
    check_sent(&w, "+");
    /* What else comes in the meantime is not acknowledged, so it will be sent again. */
    CHECK(receive(&w, "$c#63") == GDB_EVENT_NONE);
    CHECK(receive(&w, "\x03") == GDB_EVENT_BREAK);
    check_sent(&w, "");
    CHECK(gdb_stopped(&w.gdb, &interrupt) == GDB_EVENT_NONE);
    CHECK(strncmp(sent(&w), "$T05", 4) == 0);
    wire_free(&w);
}

TEST(a_packet_that_waited_may_resume)
{
    static const struct gdb_stop interrupt = {GDB_STOP_SIGNAL, GDB_SIGINT, 1, 0};
    struct wire w;
    wire_init(&w);
    CHECK(receive(&w, "$c#63") == GDB_EVENT_BREAK);
    CHECK(gdb_stopped(&w.gdb, &interrupt) == GDB_EVENT_RESUME);
    check_sent(&w, "+");
    CHECK(gdb_client_waits(&w.gdb));
    wire_free(&w);
}

TEST(console_text_is_held_back_while_the_machine_is_being_stopped_for_another_client)
{
    struct wire w;
    begin_running(&w);
    CHECK(receive(&w, "+$?#3f") == GDB_EVENT_BREAK);
    sent(&w);
    CHECK(!gdb_client_waits(&w.gdb) && !gdb_console(&w.gdb, "hi", 2));
    check_sent(&w, "");
    wire_free(&w);
}

/* Not even without a '+' to tell one client from the other. */
TEST(console_text_does_not_get_between_a_packet_and_its_reply)
{
    struct wire w;
    begin_running(&w);
    CHECK(receive(&w, "$?#3f") == GDB_EVENT_BREAK);
    CHECK(!gdb_client_waits(&w.gdb) && !gdb_console(&w.gdb, "hi", 2));
    check_sent(&w, "");
    wire_free(&w);
}

static size_t fault(void *context, gdb_tid thread, uint64_t address, void *out, size_t n)
{
    struct machine *m = context;
    struct wire *w = (struct wire *)((char *)m - offsetof(struct wire, machine));
    (void)thread, (void)address, (void)n, (void)out;
    gdb_abandon(&w->gdb, "it faulted");
    return 0;
}

/* In life gdb_abandon() runs instead of the operation's return; here the operation has to return
 * afterwards, and the reply of the packet that it was for follows as a second one. */
TEST(an_operation_that_faulted_is_answered_with_an_error)
{
    struct wire w;
    wire_init(&w);
    w.machine.target.read_memory = fault;
    feed(&w, "+$qSupported#37+$QStartNoAckMode#b0+");
    sent(&w);
    feed(&w, "$m1000,4#8e");
    CHECK(strncmp(sent(&w), "$E14#aa", 7) == 0);
    wire_feed_packet(&w, "qSupported:error-message+", 25);
    sent(&w);
    feed(&w, "$m1000,4#8e"); /* no text to m even then */
    CHECK(strncmp(sent(&w), "$E14#aa", 7) == 0);
    feed(&w, "$qCRC:1000,4#a4");
    CHECK(strncmp(sent(&w), "$E.it faulted#", 14) == 0);
    feed(&w, "$?#3f");
    CHECK(strncmp(sent(&w), "$T05", 4) == 0);
    CHECK(gdb_abandon(&w.gdb, "nobody asked") == GDB_EVENT_NONE);
    check_sent(&w, "");
    wire_free(&w);
}

/* "hvr": a line of JSON of which there is the head, a value that has begun, a row that has. */
static void fault_in_command(void *context, struct gdb *g, char *line)
{
    (void)context;
    gdb_json_begin(g, "it");
    if (*line == 'v')
        gdb_row(g, "{name:ab");
    else if (*line == 'r')
        gdb_row(g, "{n=%u} and", 7);
    gdb_abandon(g, "it faulted");
}

TEST(a_command_that_faulted_within_its_line_of_json_is_one_that_failed)
{
    static const struct {
        const char *packet, *begun;
    } rows[] = {
        {"qRcmd,68", ",\"output\":["},
        {"qRcmd,76", ",\"output\":[{\"name\":\"ab\"},"},
        {"qRcmd,72", ",\"output\":[{\"n\":7},"},
    };
    struct wire w;
    wire_init(&w);
    w.machine.target.monitor = fault_in_command;
    feed(&w, "+$QStartNoAckMode#b0+");
    sent(&w);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[128], hex[300] = "$O";
        int n = snprintf(line, sizeof(line), "{\"command\":\"it\"%s\"it faulted\"],\"ok\":false}\n",
                         rows[i].begun);
        for (int k = 0; k < n; k++)
            snprintf(hex + 2 + 2 * k, 3, "%02x", (unsigned char)line[k]);
        wire_feed_packet(&w, rows[i].packet, strlen(rows[i].packet));
        const char *reply = sent(&w);
        CHECK(strncmp(reply, hex, strlen(hex)) == 0 && strstr(reply, "$OK#9a"), "%s", reply);
    }
    wire_free(&w);
}

static struct gdb_error fault_in_resume(void *context, const struct gdb_action *actions, size_t n)
{
    struct machine *m = context;
    struct wire *w = (struct wire *)((char *)m - offsetof(struct wire, machine));
    (void)actions, (void)n;
    gdb_abandon(&w->gdb, "it faulted");
    return (struct gdb_error){GDB_E_MEMORY, NULL};
}

TEST(a_resume_that_faulted_does_not_resume)
{
    struct wire w;
    wire_init(&w);
    w.machine.target.resume = fault_in_resume;
    feed(&w, "+$QStartNoAckMode#b0+");
    sent(&w);
    feed(&w, "$c#63");
    CHECK(strncmp(sent(&w), "$E14#aa", 7) == 0);
    CHECK(!w.running && !gdb_client_waits(&w.gdb));
    wire_free(&w);
}
