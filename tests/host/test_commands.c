/* test_commands.c: the table of packets, and lists that need more than one of them. */
#include "core.h"
#include "test.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>

/* No packet can be taken for another because of where it stands: a name that another one begins
 * with is told apart by what follows. */
TEST(command_names_do_not_hide_each_other)
{
    for (size_t i = 0; i < gdb_command_count; i++) {
        const char *name = gdb_commands[i].name;
        for (size_t j = 0; j < gdb_command_count; j++) {
            const char *other = gdb_commands[j].name;
            if (i == j || strncmp(name, other, strlen(name)) != 0)
                continue;
            CHECK(strlen(name) > 1 && !strchr(":;,", other[strlen(name)]), "%s hides %s", name,
                  other);
        }
    }
}

TEST(command_table_is_sorted)
{
    for (size_t i = 1; i < gdb_command_count; i++)
        CHECK(strcmp(gdb_commands[i - 1].name, gdb_commands[i].name) < 0, "%s, %s",
              gdb_commands[i - 1].name, gdb_commands[i].name);
}

TEST(a_reply_too_long_for_a_packet_becomes_an_error)
{
    struct wire w;
    wire_init(&w);
    tx_begin(&w.gdb);
    for (int i = 0; i < GDB_PACKET_MAX; i++)
        tx_byte(&w.gdb, 'a');
    CHECK(!w.gdb.tx_overflow && tx_room(&w.gdb) == 0);
    tx_byte(&w.gdb, 'a');
    gdb_packet_send(&w.gdb);
    struct wire_item item = wire_next(&w);
    CHECK(item.kind == WIRE_FRAME && item.length == 3 && memcmp(item.payload, "E01", 3) == 0);
    wire_free(&w);
}

static void start(struct wire *w, gdb_tid threads)
{
    wire_init(w);
    w->machine.thread_count = threads;
    wire_feed(w, "+$QStartNoAckMode#b0+", 21);
    w->read = w->machine.out_length;
}

static struct wire_item ask(struct wire *w, const char *packet)
{
    w->read = w->machine.out_length;
    wire_feed_packet(w, packet, strlen(packet));
    struct wire_item item = wire_next(w);
    CHECK(item.kind == WIRE_FRAME, "no reply to %s", packet);
    return item;
}

/* The machine has to be stopped for a thread to be gone all of a sudden: its core was unplugged. */
TEST(resuming_a_thread_that_is_gone)
{
    struct wire w;
    start(&w, 2);
    ask(&w, "Hc2");
    w.machine.thread_count = 1;
    struct wire_item item = ask(&w, "c");
    CHECK(item.length == 3 && memcmp(item.payload, "E22", 3) == 0);
    CHECK(!w.running);
    wire_free(&w);
}

TEST(thread_list_of_5000_threads_names_each_once)
{
    struct wire w;
    unsigned next = 1, packets = 0;
    start(&w, 5000);
    struct wire_item item = ask(&w, "qfThreadInfo");
    for (; item.payload[0] == 'm'; item = ask(&w, "qsThreadInfo"), packets++) {
        char text[GDB_PACKET_MAX + 1], *end = text;
        memcpy(text, item.payload, item.length);
        text[item.length] = '\0';
        CHECK(item.length <= GDB_PACKET_MAX, "%zu", item.length);
        do
            CHECK(strtoul(end + 1, &end, 16) == next, "%u is missing", next);
        while (next++, *end == ',');
        CHECK(*end == '\0', "at %s", end);
    }
    CHECK(item.payload[0] == 'l' && next == 5001 && packets > 1, "%u in %u packets", next, packets);
    wire_free(&w);
}
