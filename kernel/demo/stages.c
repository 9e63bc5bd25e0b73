/* stages.c: what one turn of the work loop does, one function a stage. */
#include "demo.h"

#include "expression.h"
#include "sha256.h"

#include <string.h>

#define WORDS          2048 /* that there are */
#define WORD_CHANGES   1024 /* per turn */
#define WORD_TURNS     64   /* after which the map starts over, with few buckets */
#define TIMERS_STARTED 192  /* per turn */
#define TIMER_SPAN     4000 /* the longest timer, in units of now */
#define TIMER_STEP     1000 /* now goes on by this each turn */
#define JOBS_DONE      256  /* per turn */
#define JOB_SPAN       1000 /* the longest that a new job can wait */

uint8_t demo_image[DEMO_IMAGE_SIZE];

/* The word of a number below WORDS: four syllables, such as "kilumoba". */
static void make_word(char word[HASH_MAP_KEY_MAX], unsigned number)
{
    static const char syllables[8][3] = {"ba", "de", "ki", "lu", "mo", "ra", "se", "tu"};

    for (int i = 0; i < 4; i++)
        memcpy(word + 2 * i, syllables[number >> 3 * i & 7], 2);
    word[8] = '\0';
}

/* Put the word of number into the map, or take it out if it is there. */
static void change_word(struct demo_words *words, unsigned number)
{
    char word[HASH_MAP_KEY_MAX];
    const struct hash_entry *entry;

    make_word(word, number);
    entry = hash_map_find(&words->map, word);
    if (entry == NULL) {
        DEMO_CHECK(hash_map_put(&words->map, word, number), "there is memory for a word");
        words->count++;
        words->total += number;
    } else {
        DEMO_CHECK(entry->value == number, "a word has the number that it was given");
        DEMO_CHECK(hash_map_remove(&words->map, word), "a word that was found can be removed");
        words->count--;
        words->total -= number;
    }
}

static uint64_t total_of_words(const struct hash_map *map)
{
    uint64_t total = 0;

    for (size_t i = 0; i < map->bucket_count; i++)
        for (const struct hash_entry *entry = map->buckets[i]; entry != NULL; entry = entry->next)
            total += entry->value;
    return total;
}

void demo_stage_hash(void)
{
    struct demo_words *words = &demo_state.words;

    if (demo_statistics.turns % WORD_TURNS == 0) {
        hash_map_destroy(&words->map);
        *words = (struct demo_words){0};
        DEMO_CHECK(hash_map_init(&words->map, 8), "there is memory for the map of words");
    }
    for (int i = 0; i < WORD_CHANGES; i++)
        change_word(words, demo_random() % WORDS);
    DEMO_CHECK(hash_map_check(&words->map), "the map of words is in order");
    DEMO_CHECK(words->map.entry_count == words->count, "the map holds the words put into it");
    DEMO_CHECK(total_of_words(&words->map) == words->total, "the numbers of the words add up");
}

/* Start one timer and cancel it at once, as most timers of a kernel end. */
static void cancel_timer(struct demo_timers *timers)
{
    uint64_t key = timers->now + TIMER_SPAN + 1; /* later than all others, so it is the only one */

    DEMO_CHECK(sorted_list_insert(&timers->list, key), "there is memory for a timer");
    DEMO_CHECK(sorted_list_contains(&timers->list, key), "a timer that was started is listed");
    DEMO_CHECK(sorted_list_remove(&timers->list, key), "a timer can be cancelled");
    DEMO_CHECK(!sorted_list_contains(&timers->list, key), "a cancelled timer is gone");
}

static uint64_t total_of_timers(const struct sorted_list *list)
{
    uint64_t total = 0;

    for (const struct sorted_node *node = list->first; node != NULL; node = node->next)
        total += node->key;
    return total;
}

void demo_stage_list(void)
{
    struct demo_timers *timers = &demo_state.timers;
    uint64_t key;

    for (int i = 0; i < TIMERS_STARTED; i++) {
        key = timers->now + 1 + demo_random() % TIMER_SPAN;
        DEMO_CHECK(sorted_list_insert(&timers->list, key), "there is memory for a timer");
        timers->total += key;
    }
    cancel_timer(timers);
    timers->now += TIMER_STEP;
    while (timers->list.first != NULL && timers->list.first->key <= timers->now) {
        sorted_list_pop(&timers->list, &key);
        DEMO_CHECK(key > timers->now - TIMER_STEP, "no timer is served late");
        timers->total -= key;
    }
    DEMO_CHECK(sorted_list_check(&timers->list), "the timers are in order");
    DEMO_CHECK(total_of_timers(&timers->list) == timers->total, "no timer was lost");
}

static struct job new_job(struct demo_jobs *jobs)
{
    uint64_t random = demo_random();

    return (struct job){
        .due = jobs->now + random % JOB_SPAN,
        .id = jobs->next_id++,
        .kind = (random >> 32) % JOB_KINDS,
        .urgent = random >> 40 & 1,
        .nice = (int)(random >> 48 & 31) - 16,
    };
}

static uint64_t total_of_jobs(const struct binary_heap *heap)
{
    uint64_t total = 0;

    for (size_t i = 0; i < heap->count; i++)
        total += heap->jobs[i].due;
    return total;
}

void demo_stage_heap(void)
{
    struct demo_jobs *jobs = &demo_state.jobs;

    while (jobs->heap.count < BINARY_HEAP_CAPACITY) {
        struct job job = new_job(jobs);

        DEMO_CHECK(binary_heap_push(&jobs->heap, job), "there is room for a job");
        jobs->total += job.due;
    }
    DEMO_CHECK(binary_heap_check(&jobs->heap), "the heap of jobs is in order");
    for (int i = 0; i < JOBS_DONE; i++) {
        struct job job;

        DEMO_CHECK(binary_heap_pop(&jobs->heap, &job), "there is a job to do");
        DEMO_CHECK(job.due >= jobs->now, "jobs are done in the order in which they are due");
        jobs->now = job.due;
        jobs->total -= job.due;
    }
    DEMO_CHECK(total_of_jobs(&jobs->heap) == jobs->total, "no job was lost");
}

static const struct {
    const char *text;
    enum expression_error error;
    int64_t value;
} expressions[] = {
    {"3*(4+5)-6/2", EXPRESSION_OK, 24},
    {"1+2*3", EXPRESSION_OK, 7},
    {"(1+2)*3", EXPRESSION_OK, 9},
    {"100-10-1", EXPRESSION_OK, 89},
    {"-7/2", EXPRESSION_OK, -3},
    {"2*-(3+4)", EXPRESSION_OK, -14},
    {"1000000007*998244353/7", EXPRESSION_OK, 142606337141101495},
    {"9223372036854775807+1", EXPRESSION_OVERFLOW, 0},
    {"1/(2-2)", EXPRESSION_DIVISION, 0},
    {"2*(3+", EXPRESSION_SYNTAX, 0},
};

/* Parse and evaluate. The parser is too large for a stack, and the last tree is worth a look. */
static enum expression_error evaluate(const char *text, int64_t *value)
{
    static struct expression_parser parser;
    const struct expression *tree = expression_parse(&parser, text);

    return tree == NULL ? parser.error : expression_evaluate(tree, value);
}

/* "(1+(2+(3)))" for 3. depth is at most 9. */
static void make_nested(char *text, int depth)
{
    for (int i = 1; i <= depth; i++) {
        *text++ = '(';
        *text++ = (char)('0' + i);
        if (i < depth)
            *text++ = '+';
    }
    memset(text, ')', depth);
    text[depth] = '\0';
}

static void check_nested(int depth)
{
    char text[4 * 9]; /* for 9, the deepest: 9 of each of "(1)", 8 "+" and the end */
    int64_t value = 0;

    make_nested(text, depth);
    DEMO_CHECK(evaluate(text, &value) == EXPRESSION_OK, "nested brackets can be evaluated");
    DEMO_CHECK(value == depth * (depth + 1) / 2, "1 + 2 + ... + n is n * (n + 1) / 2");
}

void demo_stage_expression(void)
{
    int64_t value = 0;

    for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
        enum expression_error error = evaluate(expressions[i].text, &value);

        DEMO_CHECK(error == expressions[i].error, "an expression ends as it always did");
        if (error == EXPRESSION_OK)
            DEMO_CHECK(value == expressions[i].value, "an expression has the value that it has");
    }
    for (int depth = 1; depth <= 9; depth++)
        check_nested(depth);
}

void demo_stage_ring(void)
{
    struct demo_events *events = &demo_state.events;
    struct event event;

    while (event_ring_get(&events->ring, &event)) {
        DEMO_CHECK(event.checksum == event_checksum(&event), "an event arrives as it was sent");
        DEMO_CHECK(event.sequence == events->next_sequence, "events arrive in order, each once");
        DEMO_CHECK(event.stage < DEMO_STAGES, "the timer interrupts a stage that exists");
        events->next_sequence++;
        demo_statistics.ticks[event.stage]++;
    }
}

void demo_image_fill(void)
{
    uint64_t x = 88172645463325252;

    for (size_t i = 0; i < DEMO_IMAGE_SIZE; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        demo_image[i] = (uint8_t)x;
    }
}

void demo_stage_digest(void)
{
    static const uint8_t known[SHA256_DIGEST] = {
        0xb9, 0x81, 0x56, 0xbd, 0xfd, 0x36, 0x77, 0xfe, 0xcf, 0xb4, 0x00,
        0x10, 0x43, 0x2f, 0x0a, 0x1b, 0x37, 0x60, 0xf2, 0x44, 0x29, 0x4a,
        0x7d, 0x42, 0x0d, 0x19, 0x75, 0xdb, 0x8a, 0xa4, 0x93, 0x08,
    };
    uint8_t digest[SHA256_DIGEST];
    struct sha256 sha;

    sha256_init(&sha);
    sha256_update(&sha, demo_image, sizeof(demo_image));
    sha256_final(&sha, digest);
    DEMO_CHECK(memcmp(digest, known, sizeof(known)) == 0, "the image has its known digest");
}

void demo_stage_hot(void)
{
    uint64_t sum = 0;

    for (uint64_t n = 0; n < DEMO_HOT_CALLS; n++)
        sum += demo_hot(n);
    DEMO_CHECK(sum == (uint64_t)DEMO_HOT_CALLS * DEMO_HOT_CALLS,
               "the first n odd numbers add up to n * n");
}
