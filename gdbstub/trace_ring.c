/*
 * trace_ring.c: the ring of trace_ring.h, for those who write to it.
 */
#include "trace_ring.h"

#include "core.h"

#define CHUNK_MIN  128 /* bytes that a chunk has at least if nobody knows better */
#define PIECE_MIN  64  /* ... that are worth to be put in what is left of one */
#define BLOCK_MAX  0xfff8u

static uint32_t rounded(uint32_t n, uint32_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* ---- positions ---- */

static uint32_t moved(const struct gdb_ring *r, uint32_t position, uint32_t units)
{
    uint64_t sum = (uint64_t)position + units;
    return sum >= r->turns ? sum - r->turns : sum;
}

static uint32_t taken(const struct gdb_ring *r, uint64_t ends)
{
    uint32_t head = ends >> 32, tail = ends;
    return head >= tail ? head - tail : head + (r->turns - tail);
}

static uint64_t both(uint32_t head, uint32_t tail)
{
    return (uint64_t)head << 32 | tail;
}

static struct gdb_chunk *chunk_at(const struct gdb_ring *r, uint32_t position)
{
    return (struct gdb_chunk *)(r->bytes + (size_t)(position % r->units) * GDB_RING_UNIT);
}

static uint32_t stamp(const struct gdb_ring *r, uint32_t position)
{
    return position ^ r->salt;
}

void gdb_ring_clear(struct gdb_ring *r, void *memory, size_t size)
{
    r->bytes = memory;
    r->units = size / GDB_RING_UNIT;
    r->turns = r->units ? UINT32_MAX / 2 / r->units * r->units : 0;
    r->salt += 0x9e3779b1; /* far from each that was before */
    r->ends = 0;
    r->frames = 0;
}

uint32_t gdb_ring_free(const struct gdb_ring *r)
{
    return (r->units - taken(r, r->ends)) * GDB_RING_UNIT;
}

/* ---- reserving ---- */

/* Past the oldest chunk. False: it is not committed yet. */
static bool evict(const struct gdb_ring *r, uint64_t *ends)
{
    uint32_t tail = *ends;
    const struct gdb_chunk *oldest = chunk_at(r, tail);
    if (oldest->stamp != stamp(r, tail) || !taken(r, *ends) ||
        __atomic_load_n(&oldest->kind, __ATOMIC_ACQUIRE) == GDB_CHUNK_OPEN)
        return false;
    uint32_t units = oldest->units;
    if (units == 0 || units > taken(r, *ends))
        return false;
    *ends = both(*ends >> 32, moved(r, tail, units));
    return true;
}

static void label(const struct gdb_ring *r, uint32_t position, uint32_t units, uint32_t frame,
                  enum gdb_chunk_kind kind)
{
    struct gdb_chunk *chunk = chunk_at(r, position);
    chunk->frame = frame;
    chunk->units = units;
    __atomic_store_n(&chunk->kind, kind, __ATOMIC_RELAXED);
    __atomic_store_n(&chunk->stamp, stamp(r, position), __ATOMIC_RELEASE);
}

/* A chunk does not go around the end of the memory: what is left there becomes one of nothing. */
static struct gdb_chunk *reserve(struct gdb_frame_writer *w, uint32_t units)
{
    struct gdb_ring *r = w->ring;
    uint64_t ends = __atomic_load_n(&r->ends, __ATOMIC_RELAXED), wanted;
    uint32_t head, rest;
    do {
        wanted = ends;
        head = ends >> 32;
        rest = r->units - head % r->units;
        rest = units > rest ? rest : 0;
        while (r->units - taken(r, wanted) < units + rest)
            if (!r->circular || !evict(r, &wanted))
                return NULL;
        wanted = both(moved(r, head, units + rest), wanted);
    } while (!__atomic_compare_exchange_n(&r->ends, &ends, wanted, false, __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    if (rest)
        label(r, head, rest, w->frame, GDB_CHUNK_NOTHING);
    head = moved(r, head, rest);
    label(r, head, units, w->frame, GDB_CHUNK_OPEN);
    w->head = moved(r, head, units);
    return chunk_at(r, head);
}

/* What nobody has reserved behind it is given back. */
static void give_back(struct gdb_frame_writer *w, uint32_t units)
{
    struct gdb_ring *r = w->ring;
    uint64_t ends = __atomic_load_n(&r->ends, __ATOMIC_RELAXED), wanted;
    uint32_t head = moved(r, w->head, r->turns - units);
    do {
        if (ends >> 32 != w->head)
            return;
        wanted = both(head, ends);
    } while (!__atomic_compare_exchange_n(&r->ends, &ends, wanted, false, __ATOMIC_ACQ_REL,
                                          __ATOMIC_RELAXED));
    w->last->units -= units;
    w->end -= units * GDB_RING_UNIT;
}

/* ---- writing ---- */

static void commit(struct gdb_chunk *chunk, enum gdb_chunk_kind kind)
{
    __atomic_store_n(&chunk->kind, kind, __ATOMIC_RELEASE);
}

static bool open(struct gdb_frame_writer *w, uint32_t bytes)
{
    uint32_t units = (rounded(bytes, GDB_RING_UNIT) + sizeof *w->last) / GDB_RING_UNIT;
    struct gdb_chunk *chunk = units <= w->ring->units ? reserve(w, units) : NULL;
    w->lost |= !chunk;
    if (!chunk)
        return false;
    w->last = chunk;
    w->chunks++;
    w->next = (uint8_t *)(chunk + 1);
    w->end = (uint8_t *)chunk + units * GDB_RING_UNIT;
    return true;
}

/* A word of 0 is a block of no kind. */
static void end_blocks(struct gdb_frame_writer *w)
{
    if (w->next != w->end)
        *w->next = 0;
    w->bytes += w->last->units * GDB_RING_UNIT;
    w->data += w->next - (uint8_t *)(w->last + 1);
}

static bool open_more(struct gdb_frame_writer *w, uint32_t bytes)
{
    struct gdb_chunk *before = w->last;
    end_blocks(w);
    if (!open(w, bytes > CHUNK_MIN ? bytes : CHUNK_MIN))
        return false;
    if (before != w->first)
        commit(before, GDB_CHUNK_MORE);
    return true;
}

bool gdb_frame_begin(struct gdb_frame_writer *w, struct gdb_ring *r, uint32_t size)
{
    *w = (struct gdb_frame_writer){.ring = r};
    w->frame = __atomic_fetch_add(&r->frames, 1, __ATOMIC_RELAXED);
    if (!open(w, sizeof(struct gdb_frame_head) + (size ? size : CHUNK_MIN)))
        return false;
    w->first = w->last;
    w->next += sizeof(struct gdb_frame_head);
    w->data = -(uint32_t)sizeof(struct gdb_frame_head);
    return true;
}

struct gdb_block *gdb_frame_block(struct gdb_frame_writer *w, uint8_t kind, uint32_t n)
{
    uint32_t size = sizeof(struct gdb_block) + rounded(n, 8);
    if (w->lost || n > BLOCK_MAX)
        return NULL;
    if ((size_t)(w->end - w->next) < size && !open_more(w, size))
        return NULL;
    struct gdb_block *block = (struct gdb_block *)w->next;
    *block = (struct gdb_block){.kind = kind, .length = n};
    w->next += size;
    return block;
}

struct gdb_block *gdb_frame_piece(struct gdb_frame_writer *w, uint8_t kind, uint32_t *n)
{
    size_t room = w->end - w->next, most = w->ring->units / 8 * GDB_RING_UNIT;
    if (*n > BLOCK_MAX)
        *n = BLOCK_MAX;
    if (*n > most)
        *n = most;
    if (room >= sizeof(struct gdb_block) + PIECE_MIN && *n > room - sizeof(struct gdb_block))
        *n = room - sizeof(struct gdb_block);
    return gdb_frame_block(w, kind, *n);
}

void gdb_frame_cut(struct gdb_frame_writer *w, struct gdb_block *block, uint32_t n)
{
    block->length = n;
    w->next = (uint8_t *)(block + 1) + rounded(n, 8);
}

/* The first chunk comes last: then all of it is there. */
void gdb_frame_end(struct gdb_frame_writer *w, const struct gdb_frame_head *head)
{
    if (!w->first)
        return;
    if (!w->lost) {
        give_back(w, (uint32_t)(w->end - w->next) / GDB_RING_UNIT);
        end_blocks(w);
    }
    if (w->last != w->first)
        commit(w->last, w->lost ? GDB_CHUNK_NOTHING : GDB_CHUNK_MORE);
    struct gdb_frame_head *its = (struct gdb_frame_head *)(w->first + 1);
    *its = *head;
    its->chunks = w->chunks;
    commit(w->first, w->lost ? GDB_CHUNK_NOTHING : GDB_CHUNK_FIRST);
}
