/* test_trace_ring.c: the ring of frames, with several threads that write to it at once. */
#include "test.h"
#include "trace_ring.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { WRITERS = 4, FRAMES = 3000, BYTES_MAX = 700 };

struct writer {
    struct gdb_ring *ring;
    unsigned number;
    unsigned lost;
};

/* Bytes that say whose they are, and which of a frame. */
static uint8_t pattern(unsigned writer, unsigned frame, unsigned i)
{
    return writer * 61 + frame * 7 + i;
}

static unsigned size_of(unsigned writer, unsigned frame)
{
    return (writer * 131 + frame * 37) % BYTES_MAX + 1;
}

static void fill(struct gdb_frame_writer *w, unsigned writer, unsigned frame)
{
    for (uint32_t done = 0, n; done < size_of(writer, frame); done += n) {
        n = size_of(writer, frame) - done;
        struct gdb_block *block = gdb_frame_piece(w, 'M', &n);
        if (!block)
            return;
        block->value = done;
        for (unsigned i = 0; i < n; i++)
            ((uint8_t *)(block + 1))[i] = pattern(writer, frame, done + i);
    }
}

static void *write_frames(void *argument)
{
    struct writer *its = argument;
    for (unsigned i = 0; i < FRAMES; i++) {
        struct gdb_frame_writer w;
        const struct gdb_frame_head head = {.tracepoint = its->number, .pc = i};
        if (gdb_frame_begin(&w, its->ring, i % 3 ? size_of(its->number, i) + 40 : 0))
            fill(&w, its->number, i);
        gdb_frame_end(&w, &head);
        its->lost += w.lost;
    }
    return NULL;
}

static void check_frame(const struct gdb_ring *r, const struct gdb_ring_cursor *frame)
{
    const struct gdb_frame_head *head = gdb_frame_head(frame);
    const struct gdb_block *block;
    struct gdb_block_cursor c;
    unsigned done = 0;
    gdb_frame_read(r, &c, frame);
    while ((block = gdb_frame_next(&c))) {
        CHECK(block->kind == 'M' && block->value == done);
        for (unsigned i = 0; i < block->length; i++, done++)
            CHECK(((const uint8_t *)(block + 1))[i] == pattern(head->tracepoint, head->pc, done));
    }
    CHECK(done == size_of(head->tracepoint, head->pc), "%u bytes of %u", done,
          size_of(head->tracepoint, head->pc));
}

/* Whole frames, each writer's in its order. Returns how many. */
static unsigned check_ring(const struct gdb_ring *r)
{
    struct gdb_ring_cursor c;
    int64_t last[WRITERS] = {-1, -1, -1, -1};
    unsigned n = 0;
    gdb_ring_rewind(r, &c);
    for (; gdb_ring_next_frame(r, &c); n++) {
        const struct gdb_frame_head *head = gdb_frame_head(&c);
        CHECK(head->tracepoint < WRITERS && (int64_t)head->pc > last[head->tracepoint]);
        last[head->tracepoint] = head->pc;
        check_frame(r, &c);
    }
    CHECK(c.left == 0, "the walk ends %u units before the head", c.left);
    return n;
}

static unsigned race(struct gdb_ring *r, void *memory, size_t size, bool circular)
{
    pthread_t threads[WRITERS];
    struct writer writers[WRITERS];
    unsigned lost = 0;
    gdb_ring_clear(r, memory, size);
    r->circular = circular;
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){r, i, 0};
        pthread_create(&threads[i], NULL, write_frames, &writers[i]);
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        lost += writers[i].lost;
    }
    return lost;
}

TEST(a_ring_with_room_keeps_all_that_four_writers_write)
{
    struct gdb_ring r = {0};
    size_t size = WRITERS * FRAMES * (2 * BYTES_MAX);
    void *memory = malloc(size);
    CHECK(race(&r, memory, size, false) == 0);
    CHECK(check_ring(&r) == WRITERS * FRAMES);
    free(memory);
}

TEST(a_ring_that_is_full_keeps_the_first)
{
    struct gdb_ring r = {0};
    void *memory = malloc(0x10000);
    unsigned lost = race(&r, memory, 0x10000, false), kept = check_ring(&r);
    CHECK(lost && kept && lost + kept == WRITERS * FRAMES, "%u lost, %u kept", lost, kept);
    free(memory);
}

/* So small that writers meet each other's frames: what is dropped is dropped whole. */
TEST(a_circular_ring_keeps_the_last_and_only_whole_frames)
{
    static const size_t sizes[] = {0x1000, 0x1230, 0x4000, 0x10010};
    struct gdb_ring r = {0};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *memory = malloc(sizes[i]);
        unsigned lost = race(&r, memory, sizes[i], true), kept = check_ring(&r);
        CHECK(kept > 0 && lost < WRITERS * FRAMES, "%u lost, %u kept", lost, kept);
        free(memory);
    }
}

TEST(positions_that_turn_over_are_no_end)
{
    struct gdb_ring r = {0};
    uint8_t *memory = malloc(0x2000);
    gdb_ring_clear(&r, memory, 0x2000);
    r.circular = true;
    r.ends = (uint64_t)(r.turns - 3) << 32 | (r.turns - 3);
    struct writer one = {&r, 1, 0};
    write_frames(&one);
    CHECK(one.lost == 0 && check_ring(&r) > 5);
    free(memory);
}

/* Whatever the kernel has written into it, a walk ends and stays within. */
TEST(a_spoiled_ring_is_read_to_some_end)
{
    struct gdb_ring r = {0};
    size_t size = 0x1000;
    uint8_t *memory = malloc(size);
    gdb_ring_clear(&r, memory, size);
    r.circular = true;
    struct writer one = {&r, 2, 0};
    write_frames(&one);
    for (size_t at = 0; at < size; at++) {
        for (unsigned value = 0; value < 256; value += 51) {
            uint8_t was = memory[at];
            struct gdb_ring_cursor c;
            struct gdb_block_cursor blocks;
            memory[at] = value;
            gdb_ring_rewind(&r, &c);
            while (gdb_ring_next_frame(&r, &c)) {
                gdb_frame_read(&r, &blocks, &c);
                while (gdb_frame_next(&blocks))
                    ;
            }
            memory[at] = was;
        }
    }
    check_ring(&r);
    free(memory);
}
