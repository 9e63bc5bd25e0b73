/* test_agent_list.c: what a hit means to the conditions and commands that came with a breakpoint. */
#include "agent.h"
#include "test.h"
#include "wire.h"

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

/* Memory that the kernel has written over: no step behind its end. */
TEST(a_spoiled_list_ends)
{
    struct wire w;
    begin(&w);
    ask(&w, "Z0,1000,1;X3,220027");
    for (size_t at = 0; at < w.gdb.agents_used; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct gdb_hit hit = {.what = {.type = GDB_BREAK_SOFTWARE, .address = 0x1000}};
            w.machine.agents[at] ^= 1u << bit;
            gdb_hit_stops(&w.gdb, &agent, &hit);
            w.machine.agents[at] ^= 1u << bit;
        }
    }
    CHECK(!stops(&w, GDB_BREAK_SOFTWARE, 0x1000, NULL));
    wire_free(&w);
}
