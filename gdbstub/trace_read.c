/*
 * trace_read.c: the ring of trace_ring.h, for those who read it: nobody writes then. The kernel may
 * have written over it, so nothing in it is trusted.
 */
#include "trace_ring.h"

#include "core.h"

void gdb_ring_rewind(const struct gdb_ring *r, struct gdb_ring_cursor *c)
{
    uint32_t head = r->ends >> 32, tail = r->ends;
    c->position = tail;
    c->left = head >= tail ? head - tail : head + (r->turns - tail);
    c->chunk = NULL;
}

bool gdb_ring_next(const struct gdb_ring *r, struct gdb_ring_cursor *c)
{
    if (c->left == 0)
        return false;
    uint32_t place = c->position % r->units;
    c->chunk = (const struct gdb_chunk *)(r->bytes + (size_t)place * GDB_RING_UNIT);
    uint32_t units = c->chunk->units;
    if (c->chunk->stamp != (c->position ^ r->salt) || units == 0 || units > c->left ||
        units > r->units - place)
        return false;
    c->position += units;
    if (c->position >= r->turns)
        c->position -= r->turns;
    c->left -= units;
    return true;
}

bool gdb_ring_next_frame(const struct gdb_ring *r, struct gdb_ring_cursor *c)
{
    while (gdb_ring_next(r, c))
        if (c->chunk->kind == GDB_CHUNK_FIRST && c->chunk->units > 1)
            return true;
    return false;
}

const struct gdb_frame_head *gdb_frame_head(const struct gdb_ring_cursor *frame)
{
    return (const struct gdb_frame_head *)(frame->chunk + 1);
}

static void enter(struct gdb_block_cursor *b)
{
    b->next = (const uint8_t *)(b->at.chunk + 1);
    b->end = (const uint8_t *)b->at.chunk + (size_t)b->at.chunk->units * GDB_RING_UNIT;
    b->chunks--;
}

void gdb_frame_read(const struct gdb_ring *r, struct gdb_block_cursor *b,
                    const struct gdb_ring_cursor *frame)
{
    b->ring = r;
    b->at = *frame;
    b->frame = frame->chunk->frame;
    b->chunks = gdb_frame_head(frame)->chunks;
    enter(b);
    b->next += sizeof(struct gdb_frame_head);
}

static bool is_more(const struct gdb_block_cursor *b)
{
    return b->at.chunk->kind == GDB_CHUNK_MORE && b->at.chunk->frame == b->frame;
}

static bool next_chunk(struct gdb_block_cursor *b)
{
    while (b->chunks && gdb_ring_next(b->ring, &b->at)) {
        if (is_more(b)) {
            enter(b);
            return true;
        }
    }
    return false;
}

/* The block at next, if all of it is within the chunk. */
static const struct gdb_block *block_here(struct gdb_block_cursor *b)
{
    const struct gdb_block *block = (const struct gdb_block *)b->next;
    size_t room = b->end - b->next;
    if (room < sizeof *block || block->kind == 0)
        return NULL;
    size_t size = sizeof *block + (block->length + 7u) / 8 * 8;
    if (size > room)
        return NULL;
    b->next += size;
    return block;
}

const struct gdb_block *gdb_frame_next(struct gdb_block_cursor *b)
{
    const struct gdb_block *block;
    while (!(block = block_here(b)))
        if (!next_chunk(b))
            return NULL;
    return block;
}
