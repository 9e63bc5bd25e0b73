/*
 * core_segments.h: the address space as the segments of a core file: the lower half is what the
 * client reads there, the upper one the kernel's.
 */
#ifndef TRAPLINE_CORE_SEGMENTS_H
#define TRAPLINE_CORE_SEGMENTS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * All RAM; or what can be written elsewhere than in the mapping of all RAM, the threads, and what
 * is the program's own.
 */
enum core_kind { CORE_ALL, CORE_SMALL, CORE_KINDS };

/* pages of the file from place on are there, and behind them, up to memory bytes, zeros. */
struct core_segment {
    uint64_t address, physical, memory;
    uint64_t place, pages;
    bool writable, executable;
};

/* A row of pages that are mapped alike, one behind the other in both address spaces. */
struct core_run {
    uint64_t address, physical, size;
    bool writable, executable;
};

struct core_walk {
    enum core_kind kind;
    uint64_t lower; /* top table of the lower half, or SPACE_GONE */
    uint64_t address; /* the next to look at */
    bool ended;
    struct core_run run; /* what is left of it */
};

/* Whose the lower half is: what space_meant() says of the thread that comes first. */
uint64_t core_lower(void);

void core_walk_begin(struct core_walk *w, enum core_kind kind);
bool core_walk_next(struct core_walk *w, struct core_segment *s);

/* Choose the pages that the segments are to have. */
void core_segments_keep(enum core_kind kind);

#endif
