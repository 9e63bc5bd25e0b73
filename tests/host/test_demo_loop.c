/*
 * test_demo_loop.c: the work loop itself, with a real timer that interrupts it, and the proof that
 * each of its checks can fail: a fault is planted and the panic must name it.
 */
#include "demo_host.h"
#include "test.h"

#include "demo/demo.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#define malloc debugger_malloc
#include "demo/debugger_malloc.c"
#undef malloc

#define TURNS 300

static void on_alarm(int signal)
{
    (void)signal;
    demo_tick();
}

static void set_timer(long microseconds)
{
    struct itimerval timer = {.it_interval = {0, microseconds}, .it_value = {0, microseconds}};

    CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static uint64_t ticks_seen(void)
{
    uint64_t sum = 0;

    for (int i = 0; i < DEMO_STAGES; i++)
        sum += demo_statistics.ticks[i];
    return sum;
}

/* The demo as it is at boot, after one tick and one turn, whatever the test before did to it. */
static void start(void)
{
    static bool initialised;
    uint64_t key;

    while (sorted_list_pop(&demo_state.timers.list, &key))
        ;
    demo_state.timers = (struct demo_timers){0};
    demo_state.jobs = (struct demo_jobs){0};
    demo_state.events = (struct demo_events){0};
    demo_statistics = (struct demo_statistics){0}; /* the map of words starts over at turn 0 */
    demo_ticks = (struct demo_ticks){0};
    demo_stage = DEMO_STAGE_NONE;
    demo_tick(); /* the timer of a kernel runs before its demo does */
    if (!initialised)
        demo_init();
    initialised = true;
    demo_turn();
}

TEST(demo_runs_under_a_timer)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};

    start();
    CHECK(demo_statistics.ticks[DEMO_STAGE_NONE] == 1);
    demo_counter = 0;
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    set_timer(1000);
    while (demo_statistics.turns < TURNS || demo_ticks.count < TURNS)
        demo_turn();
    set_timer(0);
    demo_stage_ring();
    CHECK(demo_statistics.surprises == 0);
    CHECK(demo_counter == (demo_statistics.turns - 1) * DEMO_HOT_CALLS);
    CHECK(demo_ticks.count == demo_ticks.accepted + demo_ticks.dropped);
    CHECK(demo_ticks.accepted == ticks_seen());
}

TEST(demo_writes_what_is_there_to_be_watched)
{
    struct demo_unaligned before;
    struct demo_point last;
    struct demo_point now;

    start();
    before = demo_unaligned;
    last = demo_points[(demo_statistics.turns - 1) % DEMO_POINTS];
    demo_turn();
    CHECK(demo_pair.low == demo_statistics.turns - 1 && demo_pair.high == ~demo_pair.low);
    CHECK(demo_unaligned.value == before.value - 1);
    CHECK(((uintptr_t)&demo_unaligned.value & 7) == 5 && ((uintptr_t)&demo_pair & 15) == 0);
    CHECK(demo_unaligned.before[4] == (uint8_t)(before.before[4] + 1));
    now = demo_points[demo_pair.low % DEMO_POINTS];
    CHECK(now.x == last.x + 3 && now.y == last.y - 1);
}

TEST(demo_drops_ticks_when_the_ring_is_full)
{
    start();
    CHECK(ticks_seen() == 1);
    for (int i = 0; i < EVENT_RING_SLOTS + 7; i++)
        demo_tick();
    CHECK(demo_ticks.dropped == 7);
    demo_turn();
    CHECK(ticks_seen() == 1 + EVENT_RING_SLOTS);
}

/* Nothing is allocated but what the structures hold: over a start-over of the map as well. */
TEST(demo_leaks_nothing)
{
    const struct demo_state *state = &demo_state;
    long others;

    start();
    others = host_allocated - (long)(state->words.count + state->timers.list.length);
    for (int i = 0; i < 70; i++) {
        demo_turn();
        CHECK(host_allocated - (long)(state->words.count + state->timers.list.length) == others);
    }
}

TEST(demo_forgives_what_is_there_to_be_changed)
{
    unsigned printed;

    start();
    printed = host_printed;
    demo_counter = 0;
    memset(&demo_sample, 0, sizeof(demo_sample));
    memset(demo_scratch, 0xaa, sizeof(demo_scratch));
    demo_turn();
    CHECK(demo_statistics.surprises == 0 && host_printed == printed);
    CHECK(demo_counter == DEMO_HOT_CALLS);
    for (size_t i = 0; i < sizeof(demo_scratch); i++)
        CHECK(demo_scratch[i] == 0xaa);
}

TEST(demo_says_what_stage_it_is_at)
{
    CHECK(strcmp(demo_stage_name(DEMO_STAGE_NONE), "none") == 0);
    CHECK(strcmp(demo_stage_name(DEMO_STAGE_TUTORIAL), "tutorial") == 0);
    CHECK(strcmp(demo_stage_name(DEMO_STAGES), "?") == 0);
    CHECK(strcmp(demo_stage_name((enum demo_stage) - 1), "?") == 0);
}

/* True: running stage panics, and says that claim is not true any more. */
static bool panics(void (*stage)(void), const char *claim)
{
    jmp_buf exit;

    host_panic_text[0] = '\0';
    host_panic_exit = &exit;
    if (setjmp(exit) == 0)
        stage();
    host_panic_exit = NULL;
    if (strncmp(host_panic_text, "demo: ", 6) == 0 && strstr(host_panic_text, claim) != NULL)
        return true;
    fprintf(stderr, "wanted \"%s\", got \"%s\"\n", claim, host_panic_text);
    return false;
}

TEST(demo_damaged_words_are_noticed)
{
    struct demo_words *words = &demo_state.words;

    start();
    words->count++;
    CHECK(panics(demo_stage_hash, "the map holds the words put into it"));
    words->count--;
    words->total++;
    CHECK(panics(demo_stage_hash, "the numbers of the words add up"));
    words->total--;
    for (size_t i = 0; i < words->map.bucket_count; i++)
        for (struct hash_entry *word = words->map.buckets[i]; word != NULL; word = word->next)
            word->value ^= 1;
    CHECK(panics(demo_stage_hash, "a word has the number that it was given"));
}

TEST(demo_damaged_timers_are_noticed)
{
    struct sorted_list *list = &demo_state.timers.list;
    struct sorted_node *last;

    start();
    for (last = list->first; last->next != NULL; last = last->next)
        ;
    last->key++;
    CHECK(panics(demo_stage_list, "no timer was lost"));
    start();
    list->first->next->next->key = UINT64_MAX;
    CHECK(panics(demo_stage_list, "the timers are in order"));
    start();
    list->first->key = 0;
    CHECK(panics(demo_stage_list, "no timer is served late"));
}

TEST(demo_damaged_jobs_are_noticed)
{
    struct binary_heap *heap = &demo_state.jobs.heap;

    start();
    demo_state.jobs.total--;
    CHECK(panics(demo_stage_heap, "no job was lost"));
    start();
    heap->jobs[40].due = 1;
    CHECK(panics(demo_stage_heap, "the heap of jobs is in order"));
    start();
    heap->jobs[0].due = 1;
    CHECK(panics(demo_stage_heap, "in the order in which they are due"));
    start();
    heap->count = BINARY_HEAP_CAPACITY + 1;
    CHECK(panics(demo_stage_heap, "the heap of jobs is in order"));
}

TEST(demo_damaged_events_are_noticed)
{
    struct event_ring *ring = &demo_state.events.ring;

    start();
    demo_tick();
    demo_tick();
    ring->tail++;
    CHECK(panics(demo_stage_ring, "events arrive in order, each once"));
    start();
    demo_tick();
    ring->slots[ring->tail & (EVENT_RING_SLOTS - 1)].stage ^= 1;
    CHECK(panics(demo_stage_ring, "an event arrives as it was sent"));
}

TEST(demo_one_bit_of_the_image_is_noticed)
{
    start();
    demo_image[DEMO_IMAGE_SIZE - 1] ^= 0x10;
    CHECK(panics(demo_stage_digest, "the image has its known digest"));
    demo_image[DEMO_IMAGE_SIZE - 1] ^= 0x10;
    demo_stage_digest();
}

static void ignore_step(int signal)
{
    (void)signal;
}

static void check_flags_while_stepping(void)
{
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | 0x100);
    demo_check_flags();
}

TEST(demo_the_trap_flag_is_noticed)
{
    struct sigaction action = {.sa_handler = ignore_step};

    start();
    CHECK(sigaction(SIGTRAP, &action, NULL) == 0);
    CHECK(panics(check_flags_while_stepping, "the trap flag is off"));
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~0x100ull);
}

TEST(demo_the_debuggers_malloc)
{
    uint8_t *first = debugger_malloc(6);
    uint8_t *second = debugger_malloc(1);
    uint8_t *third = debugger_malloc(ARENA_SIZE - 16);

    CHECK(second == first + 16);
    CHECK(third == first); /* no room after the others: from the start again */
    CHECK(debugger_malloc(ARENA_SIZE) == first);
    CHECK(debugger_malloc(ARENA_SIZE + 1) == NULL && debugger_malloc(SIZE_MAX) == NULL);
}
