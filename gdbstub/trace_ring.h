/*
 * trace_ring.h: frames of collected data in a ring of memory, in the order in which they began.
 *
 * A frame consists of chunks. A chunk is reserved by moving the head of the ring in one atomic
 * step, which moves its tail past the oldest chunks as well if there is no room, and belongs to its
 * writer until it is committed. Nobody waits: a frame that finds no room, or the oldest chunk still
 * being written, is dropped.
 *
 * Positions count units and never run backwards but for what a writer gives back. Each chunk says
 * which one it is at, so that what was there before is never taken for it.
 */
#ifndef TRAPLINE_TRACE_RING_H
#define TRAPLINE_TRACE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GDB_RING_UNIT 16

enum gdb_chunk_kind {
    GDB_CHUNK_OPEN,    /* it is being written */
    GDB_CHUNK_FIRST,   /* of a frame: with a struct gdb_frame_head in front */
    GDB_CHUNK_MORE,    /* of the same frame as a first one before it */
    GDB_CHUNK_NOTHING, /* dropped, or the end of the memory */
};

struct gdb_chunk {
    uint32_t stamp; /* of its position */
    uint32_t frame; /* the same in all of a frame's */
    uint32_t units; /* with this header */
    uint32_t kind;
};

struct gdb_frame_head {
    uint32_t tracepoint; /* its number */
    uint32_t chunks;
    uint64_t pc;
};

/* A piece of data; a multiple of 8 bytes. Kind 0: no more in this chunk. */
struct gdb_block {
    uint8_t kind; /* 'R', 'M' or 'V' */
    uint8_t unused;
    uint16_t length; /* of what follows: R: a mask of the registers, then their values; M: bytes */
    uint32_t number; /* R: bytes of the mask; V: the variable */
    uint64_t value;  /* M: address; V: what the variable was */
};
_Static_assert(sizeof(struct gdb_chunk) == GDB_RING_UNIT, "chunks are made of units");
_Static_assert(sizeof(struct gdb_frame_head) % 8 == 0, "made of words");
_Static_assert(sizeof(struct gdb_block) % 8 == 0, "made of words");

struct gdb_ring {
    uint8_t *bytes;
    uint32_t units;
    uint32_t turns; /* positions go from 0 to this, a multiple of units */
    uint32_t salt;  /* of the stamps: another one each time */
    bool circular;  /* the oldest make room for the newest */
    uint64_t ends;  /* the head, and in the lower half the tail */
    uint32_t frames; /* begun so far */
};

/* The memory is aligned to 8 bytes. */
void gdb_ring_clear(struct gdb_ring *r, void *memory, size_t size);

/* A frame that is being written. */
struct gdb_frame_writer {
    struct gdb_ring *ring;
    struct gdb_chunk *first, *last;
    uint32_t head;       /* of the ring behind the last chunk */
    uint32_t frame, chunks;
    uint32_t bytes, data; /* of the ring; of these, blocks */
    uint8_t *next, *end; /* of the room in the last chunk */
    bool lost;           /* there was no more */
};

/* size: how many bytes of blocks are expected, 0: not known. False: there is no room at all. */
bool gdb_frame_begin(struct gdb_frame_writer *w, struct gdb_ring *r, uint32_t size);

/* Room for a block with n bytes behind it, at most 0xfff8; NULL if it is lost. */
struct gdb_block *gdb_frame_block(struct gdb_frame_writer *w, uint8_t kind, uint32_t n);

/* ... or for at most n bytes: as many as *n says. */
struct gdb_block *gdb_frame_piece(struct gdb_frame_writer *w, uint8_t kind, uint32_t *n);

/* Only so many of the last block's bytes were used. */
void gdb_frame_cut(struct gdb_frame_writer *w, struct gdb_block *block, uint32_t n);

/* All is written, or lost: then nothing remains of it. */
void gdb_frame_end(struct gdb_frame_writer *w, const struct gdb_frame_head *head);

/* ---- for who reads, while nobody writes ---- */

/* The chunks from the oldest on: false behind the last. */
struct gdb_ring_cursor {
    uint32_t position, left; /* where the next is, and units from there to the head */
    const struct gdb_chunk *chunk;
};
void gdb_ring_rewind(const struct gdb_ring *r, struct gdb_ring_cursor *c);
bool gdb_ring_next(const struct gdb_ring *r, struct gdb_ring_cursor *c);

/* The same for whole frames: the chunk is a frame's first. */
bool gdb_ring_next_frame(const struct gdb_ring *r, struct gdb_ring_cursor *c);
const struct gdb_frame_head *gdb_frame_head(const struct gdb_ring_cursor *frame);

/* A frame's blocks in turn. */
struct gdb_block_cursor {
    const struct gdb_ring *ring;
    struct gdb_ring_cursor at;
    uint32_t frame, chunks; /* chunks still to come */
    const uint8_t *next, *end;
};
void gdb_frame_read(const struct gdb_ring *r, struct gdb_block_cursor *b,
                    const struct gdb_ring_cursor *frame);
const struct gdb_block *gdb_frame_next(struct gdb_block_cursor *b);

/* Bytes that are not taken. */
uint32_t gdb_ring_free(const struct gdb_ring *r);

#endif
