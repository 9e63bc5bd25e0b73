/* binary_heap.h: a queue of jobs, the one due first on top. */
#ifndef DEMO_BINARY_HEAP_H
#define DEMO_BINARY_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BINARY_HEAP_CAPACITY 512

enum job_kind {
    JOB_READ,
    JOB_WRITE,
    JOB_FLUSH,
    JOB_KINDS,
};

struct job {
    uint64_t due;
    uint32_t id;
    enum job_kind kind : 3;
    unsigned urgent : 1; /* goes before others that are due at the same time */
    signed nice : 5;     /* -16 to 15 */
    unsigned retries : 7;
};

/* All zero is an empty heap. jobs[i] goes before jobs[2 * i + 1] and jobs[2 * i + 2]. */
struct binary_heap {
    size_t count;
    struct job jobs[BINARY_HEAP_CAPACITY];
};

/* True: first leaves the heap before second: by due, then urgent, then id. */
bool job_before(const struct job *first, const struct job *second);

/* False: the heap is full. */
bool binary_heap_push(struct binary_heap *heap, struct job job);

/* Remove the job that is due first and hand it out. False: the heap is empty. */
bool binary_heap_pop(struct binary_heap *heap, struct job *job);

/* No job goes before its parent. */
bool binary_heap_check(const struct binary_heap *heap);

#endif
