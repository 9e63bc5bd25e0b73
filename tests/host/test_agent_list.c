/* test_agent_list.c: what a hit means to the conditions and commands that came with a breakpoint. */
#include "agent.h"
#include "test.h"
#include "wire.h"

#include <stdio.h>
#include <string.h>

static char printed[64];

static void print(void *context, const char *text, size_t n)
{
    (void)context;
    strncat(printed, text, n);
}

/* What a spoiled condition may ask for. */
static bool no_register(void *context, unsigned regnum, uint64_t *value)
{
    (void)context, (void)regnum, (void)value;
    return false;
}

static bool no_memory(void *context, uint64_t address, void *out, size_t n)
{
    (void)context, (void)address, (void)out, (void)n;
    return false;
}

static const struct gdb_agent agent = {
    .read_register = no_register, .read_memory = no_memory, .print = print};

static void begin(struct wire *w)
{
    static const struct gdb_stop stop = {GDB_STOP_SIGNAL, GDB_SIGTRAP, 1, 0};
    wire_init(w);
    wire_stop(w, &stop);
    printed[0] = '\0';
}

static void ask(struct wire *w, const char *packet)
{
    wire_feed_packet(w, packet, strlen(packet));
    wire_feed(w, "+", 1);
}

static void ask_at(struct wire *w, const char *format, uint64_t address)
{
    char packet[160];
    snprintf(packet, sizeof packet, format, address);
    ask(w, packet);
}

static bool stops(struct wire *w, enum gdb_breakpoint_type type, uint64_t address, const char *wrong)
{
    struct gdb_hit hit = {.what = {.type = type, .address = address}};
    bool result = gdb_hit_stops(&w->gdb, &agent, &hit);
    CHECK(!wrong == !hit.wrong && (!wrong || strstr(hit.wrong, wrong)), "%s", hit.wrong);
    return result;
}

TEST(without_conditions_every_hit_counts)
{
    struct wire w;
    begin(&w);
    ask(&w, "Z0,1000,1");
    CHECK(stops(&w, GDB_BREAK_SOFTWARE, 0x1000, NULL));
    CHECK(stops(&w, GDB_BREAK_SOFTWARE, 0x2000, NULL));
    wire_free(&w);
}

TEST(one_of_the_conditions_has_to_be_true)
{
    struct wire w;
    begin(&w);
    ask(&w, "Z0,1000,1;X3,220027");
    CHECK(!stops(&w, GDB_BREAK_SOFTWARE, 0x1000, NULL));
    CHECK(stops(&w, GDB_BREAK_HARDWARE, 0x1000, NULL), "another type");
    CHECK(stops(&w, GDB_BREAK_SOFTWARE, 0x1001, NULL), "another address");
    ask(&w, "Z0,1000,1;X3,220027X3,220127");
    CHECK(stops(&w, GDB_BREAK_SOFTWARE, 0x1000, NULL));
    ask(&w, "Z0,1000,1;X3,220027");
    CHECK(!stops(&w, GDB_BREAK_SOFTWARE, 0x1000, NULL), "replaced");
    ask(&w, "Z0,1000,1");
    CHECK(stops(&w, GDB_BREAK_SOFTWARE, 0x1000, NULL), "taken back");
    wire_free(&w);
}

TEST(a_condition_that_is_wrong_stops)
{
    struct wire w;
    begin(&w);
    ask(&w, "Z0,1000,1;X6,220122000527");
    CHECK(stops(&w, GDB_BREAK_SOFTWARE, 0x1000, "division"));
    ask(&w, "Z0,1000,1;X1,35X3,220027");
    CHECK(stops(&w, GDB_BREAK_SOFTWARE, 0x1000, "unknown"));
    wire_free(&w);
}

TEST(commands_are_run_and_the_machine_goes_on)
{
    struct wire w;
    begin(&w);
    ask(&w, "Z0,1000,1;cmds:0,Xc,220022003400000361620027");
    CHECK(!stops(&w, GDB_BREAK_SOFTWARE, 0x1000, NULL) && strcmp(printed, "ab") == 0, "%s", printed);
    ask(&w, "Z0,1000,1;X3,220027;cmds:0,Xc,220022003400000361620027");
    CHECK(!stops(&w, GDB_BREAK_SOFTWARE, 0x1000, NULL) && strcmp(printed, "ab") == 0);
    ask(&w, "Z0,1000,1;X3,220127;cmds:0,Xc,220022003400000361620027X1,01");
    CHECK(stops(&w, GDB_BREAK_SOFTWARE, 0x1000, "floating") && strcmp(printed, "abab") == 0);
    wire_free(&w);
}

TEST(who_leaves_takes_the_conditions_along)
{
    struct wire w;
    begin(&w);
    ask(&w, "Z0,1000,1;X3,220027");
    ask(&w, "Z0,1001,1;X3,220027");
    ask(&w, "z0,1000,1");
    CHECK(stops(&w, GDB_BREAK_SOFTWARE, 0x1000, NULL));
    CHECK(!stops(&w, GDB_BREAK_SOFTWARE, 0x1001, NULL));
    ask(&w, "D");
    CHECK(stops(&w, GDB_BREAK_SOFTWARE, 0x1001, NULL));
    wire_free(&w);
}

/* Memory that the kernel has written over: no step behind its end, and none for ever. */
TEST(a_spoiled_list_ends)
{
    struct wire w;
    begin(&w);
    for (unsigned n = 0; n < 6; n++)
        ask_at(&w, "Z0,%lx,1;X3,220027", 0x1000 + n);
    for (size_t at = 0; at < sizeof w.machine.agents; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            w.machine.agents[at] ^= 1u << bit;
            for (unsigned n = 0; n < 6; n++) {
                struct gdb_hit hit = {.what = {.type = GDB_BREAK_SOFTWARE, .address = 0x1000 + n}};
                gdb_hit_stops(&w.gdb, &agent, &hit);
            }
            w.machine.agents[at] ^= 1u << bit;
        }
    }
    for (unsigned n = 0; n < 6; n++)
        CHECK(!stops(&w, GDB_BREAK_SOFTWARE, 0x1000 + n, NULL), "%u", n);
    wire_free(&w);
}

/* ---- thousands ---- */

#define MANY 1000

static uint8_t room[0x10000];
static unsigned looks; /* at the room: one for each record, and one to begin with */

static void *look(void *context, size_t *size)
{
    (void)context;
    looks++;
    *size = sizeof room;
    return room;
}

static struct gdb_error agree(void *context, gdb_tid thread, const struct gdb_breakpoint *b)
{
    (void)context, (void)thread, (void)b;
    return GDB_OK;
}

/* In memory that holds whatever it did: nobody has cleared it. */
static void begin_many(struct wire *w)
{
    begin(w);
    memset(room, 0x5a, sizeof room);
    w->machine.target.agent_memory = look;
    w->machine.target.insert = w->machine.target.remove = agree;
}

static uint64_t nth_address(unsigned n)
{
    return 0xffffffff80100000 + 0x30 * n;
}

/* The most that one hit of the first so many looks at: records of the bucket, not of all. */
static unsigned dearest_hit(struct wire *w, unsigned n)
{
    unsigned most = 0;
    for (unsigned i = 0; i < n; i++) {
        looks = 0;
        CHECK(!stops(w, GDB_BREAK_SOFTWARE, nth_address(i), NULL), "%u of %u", i, n);
        most = looks > most ? looks : most;
    }
    return most;
}

TEST(a_hit_costs_the_same_with_one_condition_and_with_a_thousand)
{
    struct wire w;
    begin_many(&w);
    ask_at(&w, "Z0,%lx,1;X3,220027", nth_address(0));
    CHECK(dearest_hit(&w, 1) <= 3, "%u", looks);
    unsigned dearest_insert = 0;
    for (unsigned n = 1; n < MANY; n++) {
        looks = 0;
        ask_at(&w, "Z0,%lx,1;X3,220027", nth_address(n));
        dearest_insert = looks > dearest_insert ? looks : dearest_insert;
    }
    CHECK(dearest_hit(&w, MANY) <= 16, "%u", dearest_hit(&w, MANY));
    CHECK(dearest_insert <= 40, "%u", dearest_insert);
    CHECK(stops(&w, GDB_BREAK_SOFTWARE, nth_address(MANY), NULL));
    wire_free(&w);
}

/* Those of one breakpoint keep their order among the others, and its other type's are not its. */
TEST(gaps_are_closed_when_room_is_wanted)
{
    struct wire w;
    begin_many(&w);
    ask_at(&w, "Z1,%lx,1;X3,220127", nth_address(0));
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned n = 0; n < MANY / 2; n++)
            ask_at(&w, "Z0,%lx,1;X3,220027;cmds:0,Xc,220022003400000361620027"
                       "Xc,220022003400000363640027", nth_address(n));
        for (unsigned n = 0; n < MANY / 2; n += 2)
            ask_at(&w, "z0,%lx,1", nth_address(n));
    }
    for (unsigned n = 0; n < MANY / 2; n++)
        CHECK(stops(&w, GDB_BREAK_SOFTWARE, nth_address(n), NULL) == (n % 2 == 0), "%u", n);
    CHECK(stops(&w, GDB_BREAK_HARDWARE, nth_address(0), NULL));
    ask_at(&w, "Z0,%lx,1;X3,220127;cmds:0,Xc,220022003400000361620027"
               "Xc,220022003400000363640027", nth_address(1));
    CHECK(!stops(&w, GDB_BREAK_SOFTWARE, nth_address(1), NULL) && !strcmp(printed, "abcd"), "%s",
          printed);
    wire_free(&w);
}

TEST(a_full_room_says_so_and_keeps_what_it_has)
{
    struct wire w;
    unsigned n = 0;
    begin_many(&w);
    while (w.gdb.agents_used < sizeof room && n < 10 * MANY) {
        size_t before = w.gdb.agents_used;
        ask_at(&w, "Z0,%lx,1;X3,220027", nth_address(n));
        if (w.gdb.agents_used == before)
            break;
        n++;
    }
    CHECK(n > sizeof room / 20 && n < sizeof room / 19, "%u", n);
    CHECK(dearest_hit(&w, n) <= 32);
    ask_at(&w, "z0,%lx,1", nth_address(0));
    ask_at(&w, "Z0,%lx,1;X3,220027", nth_address(n));
    CHECK(!stops(&w, GDB_BREAK_SOFTWARE, nth_address(n), NULL), "the gap was had");
    CHECK(stops(&w, GDB_BREAK_SOFTWARE, nth_address(0), NULL));
    for (unsigned i = 0; i <= n; i++)
        ask_at(&w, "z0,%lx,1", nth_address(i));
    CHECK(w.gdb.agents_used == 0 && w.gdb.agents_dead == 0);
    wire_free(&w);
}
