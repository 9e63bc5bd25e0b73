/*
 * stream.h: everything that came over the line in one life of a machine, so that it can be played
 * again, spoiled, cut short, and compared with what a faultless line would have made of it.
 */
#ifndef HOST_STREAM_H
#define HOST_STREAM_H

#include "wire.h"

enum setup {
    SETUP_STOPPED = 1, /* the machine has stopped, SIGTRAP in thread 1, before the first byte */
    SETUP_NO_THREADS = 2,
    SETUP_NO_WRITES = 4,
    SETUP_NO_BREAKPOINTS = 8,
    SETUP_NO_MONITOR = 16,
    SETUP_NO_RANGE = 32,
    SETUP_REFUSE_RESUME = 64,
    SETUP_MANY_THREADS = 128, /* 3000 of them */
    SETUP_FILE = 256, /* it knows which file it runs */
    SETUP_FILES = 512, /* it has files for its client */
    SETUP_SERVED_FILE = 1024, /* ... and the one it runs is among them */
    SETUP_LIBRARIES = 2048, /* it has loaded two */
    SETUP_MOVED = 4096, /* it does not run where it was linked */
    SETUP_AGENTS = 8192, /* it has memory for conditions */
    SETUP_NO_SCRATCH = 16384,
    SETUP_NO_SLEEPERS = 32768, /* it runs thread 2 with all others or not at all */
    SETUP_TRACE = 65536, /* it has memory for tracepoints */
};

enum { STREAM_MARKS = 32 };

struct stream {
    unsigned setup;
    uint8_t *bytes;
    size_t n, size;
    /* The machine stops by itself, if it runs, just before bytes[offset] comes. */
    struct stream_mark {
        size_t offset;
        struct gdb_stop stop;
    } marks[STREAM_MARKS];
    size_t mark_count;
};

void stream_init(struct stream *s, unsigned setup);
void stream_free(struct stream *s);
void stream_add(struct stream *s, const void *bytes, size_t n);
void stream_mark(struct stream *s, const struct gdb_stop *stop);

/* A machine as setup says. */
void stream_machine(struct wire *w, unsigned setup);

/*
 * Play the stream, and a ? behind it, twice: as it is, and without the packets that a second,
 * independent idea of framing finds damaged. Machine, replies and session must come out the same, every reply must be
 * well formed, every good packet be answered once, and nothing but a packet that resumes may let
 * the machine run. Returns NULL or what was wrong.
 */
const char *stream_check(const struct stream *s);

#endif
