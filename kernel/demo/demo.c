/* demo.c: the work loop, its clock and its conscience. */
#include "demo.h"

#include "panic.h"
#include "printk.h"
#include "step_zoo.h"

#define FLAG_TF 0x100u /* Intel SDM vol. 1, 3.4.3 "EFLAGS Register" */
#define FLAG_IF 0x200u

#define TURNS_PER_REPORT 256

static const struct {
    const char *name;
    void (*run)(void);
} stages[DEMO_STAGES] = {
    [DEMO_STAGE_NONE] = {"none", NULL},
    [DEMO_STAGE_HASH] = {"hash", demo_stage_hash},
    [DEMO_STAGE_LIST] = {"list", demo_stage_list},
    [DEMO_STAGE_HEAP] = {"heap", demo_stage_heap},
    [DEMO_STAGE_EXPRESSION] = {"expression", demo_stage_expression},
    [DEMO_STAGE_RING] = {"ring", demo_stage_ring},
    [DEMO_STAGE_DIGEST] = {"digest", demo_stage_digest},
    [DEMO_STAGE_HOT] = {"hot", demo_stage_hot},
    [DEMO_STAGE_TUTORIAL] = {"tutorial", demo_stage_tutorial},
};

enum demo_stage demo_stage;
struct demo_state demo_state;
struct demo_statistics demo_statistics;
struct demo_ticks demo_ticks;
void (*volatile demo_aside)(void);

const char *demo_stage_name(enum demo_stage stage)
{
    return stage < DEMO_STAGES ? stages[stage].name : "?";
}

_Noreturn void demo_broken(const char *claim)
{
    panic("demo: not true any more: %s (stage %s, turn %lu)", claim, demo_stage_name(demo_stage),
          demo_statistics.turns);
}

/* A debugger that steps must hide the trap flag from us, and give interrupts back. */
void demo_check_flags(void)
{
    uint64_t flags = __builtin_ia32_readeflags_u64();

    DEMO_CHECK((flags & FLAG_IF) != 0, "interrupts are on");
    DEMO_CHECK((flags & FLAG_TF) == 0, "the trap flag is off");
}

/* Marsaglia's xorshift: never 0, every other value once in 2^64 - 1 calls. */
uint64_t demo_random(void)
{
    uint64_t x = demo_state.random;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    demo_state.random = x;
    return x;
}

void demo_init(void)
{
    demo_state.random = 0x7261706c696e6521;
    demo_image_fill();
    DEMO_CHECK(hash_map_init(&demo_state.words.map, 8), "there is memory for the map of words");
    printk("%s\n", demo_banner);
}

void demo_tick(void)
{
    struct event event = {.sequence = demo_ticks.accepted, .stage = demo_stage};

    event.checksum = event_checksum(&event);
    demo_ticks.count++;
    if (event_ring_put(&demo_state.events.ring, &event))
        demo_ticks.accepted++;
    else
        demo_ticks.dropped++; /* normal while somebody steps through the loop */
}

void demo_turn(void)
{
    for (unsigned stage = DEMO_STAGE_NONE + 1; stage < DEMO_STAGES; stage++) {
        demo_stage = stage;
        stages[stage].run();
    }
    demo_check_flags();
    step_zoo_turn();
    demo_statistics.turns++;
}

void demo_run(void)
{
    for (;;) {
        demo_turn();
        if (demo_aside != NULL)
            demo_aside();
        if (demo_statistics.turns % TURNS_PER_REPORT == 0)
            printk("demo: turn %lu, %lu checks hold, %lu ticks\n", demo_statistics.turns,
                   demo_statistics.checks, demo_ticks.count);
    }
}
