/* test_thread_packets.c: every packet that names a thread, with ids that are none. */
#include "gdbstub.h"
#include "lists_world.h"
#include "registers.h"
#include "test.h"
#include "thread_list.h"
#include "thread_registers.h"

#include <stdio.h>
#include <string.h>

static struct gdb gdb;
static char out[0x20000]; /* what the stub has sent */
static size_t out_length;
static unsigned resumes;

static void send(void *context, const void *bytes, size_t n)
{
    (void)context;
    memcpy(out + out_length, bytes, n);
    out_length += n;
    out[out_length] = '\0';
}

static bool read_register(void *context, gdb_tid thread, unsigned regnum, uint8_t *to)
{
    (void)context;
    return thread_register_read(thread, regnum, to);
}

static struct gdb_error write_register(void *context, gdb_tid thread, unsigned regnum,
                                       const uint8_t *from)
{
    (void)context;
    return thread_register_write(thread, regnum, from);
}

static size_t no_memory(void *context, gdb_tid thread, uint64_t address, void *to, size_t n)
{
    (void)context, (void)thread, (void)address, (void)to, (void)n;
    return 0;
}

static gdb_tid next_thread(void *context, gdb_tid after)
{
    (void)context;
    return threads_next(after);
}

static bool thread_alive(void *context, gdb_tid thread)
{
    (void)context;
    return threads_cpu(thread) || threads_asleep(thread);
}

static bool thread_info(void *context, gdb_tid thread, struct gdb_thread_info *info)
{
    (void)context;
    return threads_info(thread, info);
}

static struct gdb_error resume(void *context, const struct gdb_action *actions, size_t n)
{
    (void)context, (void)actions, (void)n;
    resumes++;
    return GDB_OK;
}

static void detach(void *context)
{
    (void)context;
}

static const struct gdb_target target = {
    .machine = &register_machine,
    .send = send,
    .read_register = read_register,
    .write_register = write_register,
    .read_memory = no_memory,
    .next_thread = next_thread,
    .thread_alive = thread_alive,
    .thread_info = thread_info,
    .resume = resume,
    .detach = detach,
};

/* A payload without its run lengths: "0*~" is "0" and 97 more of them. */
static void unpack(char *to, const char *from)
{
    for (; *from && *from != '#'; from++) {
        if (*from != '*') {
            *to++ = *from;
            continue;
        }
        for (int n = *++from - 29; n > 0; n--, to++)
            *to = to[-1];
    }
    *to = '\0';
}

/* The payload of the reply, or "" while the machine runs. */
static const char *ask(const char *packet)
{
    static char reply[8 * sizeof(out)];
    char frame[8192];
    unsigned sum = 0;

    for (const char *c = packet; *c; c++)
        sum += (uint8_t)*c;
    snprintf(frame, sizeof(frame), "$%s#%02x", packet, sum & 0xff);
    out_length = 0;
    out[0] = '\0';
    for (const char *c = frame; *c; c++)
        gdb_receive(&gdb, (uint8_t)*c);

    const char *start = strchr(out, '$');

    unpack(reply, start ? start + 1 : "");
    return reply;
}

/* Nine threads: the second has stopped the machine, the fifth runs as well, the seventh has gone. */
static void begin(void)
{
    world_make(9);
    world_run(1, 0);
    world_run(4, 2);
    world_list[5].next = 7;
    threads_changed();
    gdb_init(&gdb, &target, NULL);
    out_length = 0;
    gdb_stopped(&gdb, &(struct gdb_stop){.reason = GDB_STOP_SIGNAL, .signal = 5, .thread = 2});
    ask("qSupported:multiprocess+;error-message+");
    ask("QStartNoAckMode");
    CHECK(strcmp(ask("qC"), "QCp1.2") == 0, "%s", out);
    resumes = 0;
}

/* Exited, never was, of another program, too large, a processor that runs a thread or is none. */
static const char *const never[] = {"p1.7",        "p1.a",         "p2.1",        "p1.ffffffff",
                                    "p1.7fff0000", "p1.7fff0002", "p1.7fff0004", "7",
                                    "a",           "fffffffffffffffe"};

static bool refused(const char *format, const char *thread)
{
    char packet[4096];

    snprintf(packet, sizeof(packet), format, thread);

    const char *reply = ask(packet);

    if (reply[0] != 'E')
        printf("# %s: %s\n", packet, reply);
    return reply[0] == 'E';
}

TEST(who_is_not_there_is_refused_in_every_packet)
{
    static const char *const packets[] = {"T%s", "Hg%s", "Hc%s", "qThreadExtraInfo,%s", "vCont;c:%s",
                                          "vCont;s:%s", "vCont;C05:%s", "vCont;c:p1.1;s:%s"};

    begin();
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        for (size_t n = 0; n < sizeof never / sizeof never[0]; n++)
            CHECK(refused(packets[i], never[n]), "%s %s", packets[i], never[n]);
    }
    CHECK(resumes == 0);
    CHECK(strcmp(ask("qC"), "QCp1.2") == 0, "none of them is the current one");
}

TEST(any_and_all_are_nobody_but_may_be_chosen)
{
    static const char *const wild[] = {"0", "-1", "p1.0", "p1.-1"};

    begin();
    for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++) {
        char packet[32];

        CHECK(refused("T%s", wild[i]) && refused("qThreadExtraInfo,%s", wild[i]), "%s", wild[i]);
        snprintf(packet, sizeof(packet), "Hg%s", wild[i]);
        CHECK(strcmp(ask(packet), "OK") == 0, "%s", packet);
        CHECK(strcmp(ask("qC"), "QCp1.2") == 0, "%s", packet);
        CHECK(strlen(ask("g")) > 500, "%s: those of the one that stopped", packet);
        packet[1] = 'c';
        CHECK(strcmp(ask(packet), "OK") == 0, "%s", packet);
    }
}

TEST(other_programs_are_neither_killed_nor_let_go)
{
    static const char *const packets[] = {"D;2", "D;0", "D;ffffffff", "vKill;2", "vKill;0"};

    begin();
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++)
        CHECK(refused("%s", packets[i]), "%s", packets[i]);
    CHECK(resumes == 0 && strcmp(ask("Tp1.1"), "OK") == 0);
}

TEST(a_thread_that_goes_while_it_is_chosen_has_no_registers)
{
    begin();
    CHECK(strcmp(ask("Hgp1.4"), "OK") == 0);
    CHECK(strstr(ask("p1"), "x") == NULL && strlen(ask("p1")) == 16, "%s", out);
    world_list[2].next = 4;
    threads_changed();
    CHECK(strspn(ask("p1"), "x") == 16 || ask("p1")[0] == 'E', "%s", out);
    CHECK(ask("P1=0000000000000000")[0] == 'E');
    CHECK(ask("Tp1.4")[0] == 'E');
    CHECK(strcmp(ask("Hgp1.5"), "OK") == 0 && strspn(ask("p1"), "x") == 0);
}

/* Each id, in order, with its processor; the three that run none of them come last. */
TEST(a_thousand_threads_fit_through_both_lists)
{
    char id[64];
    size_t seen = 0;

    begin();
    world_make(1000);
    for (const char *reply = ask("qfThreadInfo"); reply[0] == 'm'; reply = ask("qsThreadInfo")) {
        for (const char *c = reply; *c; c = strchr(c + 1, ',') ? strchr(c + 1, ',') : "") {
            unsigned long number = seen < 1000 ? seen + 1 : 0x7fff0000 + seen - 1000;

            snprintf(id, sizeof(id), "p1.%lx", number);
            CHECK(strncmp(c + 1, id, strlen(id)) == 0, "%s %.20s", id, c);
            seen++;
        }
    }
    CHECK(seen == 1004, "%zu", seen);

    size_t offset = 0, rows = 0;

    for (bool more = true; more;) {
        char packet[64];

        snprintf(packet, sizeof(packet), "qXfer:threads:read::%zx,800", offset);

        const char *reply = ask(packet);

        CHECK(reply[0] == 'm' || reply[0] == 'l', "%.40s", reply);
        more = reply[0] == 'm';
        offset += strlen(reply) - 1;
        for (const char *c = reply; (c = strstr(c, "<thread id=")) != NULL; c++)
            rows++;
    }
    CHECK(rows >= 980 && rows <= 1004, "%zu, but for those across two pieces", rows);
}

TEST(a_spoiled_list_is_listed_up_to_the_damage)
{
    begin();
    world_list[3].next = 1;
    threads_changed();
    CHECK(strcmp(ask("qfThreadInfo"),
                 "mp1.1,p1.2,p1.3,p1.4,p1.7fff0001,p1.7fff0002,p1.7fff0003") == 0, "%s", out);
    CHECK(strcmp(ask("qsThreadInfo"), "l") == 0);
    CHECK(strstr(ask("qXfer:threads:read::0,800"), "<thread id=\"p1.4\""), "%s", out);
    CHECK(refused("T%s", "p1.5"));
}
