/* binary_heap.c: the array is the tree. */
#include "binary_heap.h"

static size_t parent_of(size_t i)
{
    return (i - 1) / 2;
}

static void swap(struct job *a, struct job *b)
{
    struct job old = *a;

    *a = *b;
    *b = old;
}

static void sift_up(struct binary_heap *heap, size_t i)
{
    while (i > 0 && job_before(&heap->jobs[i], &heap->jobs[parent_of(i)])) {
        swap(&heap->jobs[i], &heap->jobs[parent_of(i)]);
        i = parent_of(i);
    }
}

static void sift_down(struct binary_heap *heap, size_t i)
{
    for (;;) {
        size_t first = i;

        for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
            if (child < heap->count && job_before(&heap->jobs[child], &heap->jobs[first]))
                first = child;
        if (first == i)
            return;
        swap(&heap->jobs[i], &heap->jobs[first]);
        i = first;
    }
}

bool job_before(const struct job *first, const struct job *second)
{
    if (first->due != second->due)
        return first->due < second->due;
    if (first->urgent != second->urgent)
        return first->urgent > second->urgent;
    return first->id < second->id;
}

bool binary_heap_push(struct binary_heap *heap, struct job job)
{
    if (heap->count == BINARY_HEAP_CAPACITY)
        return false;
    heap->jobs[heap->count] = job;
    sift_up(heap, heap->count++);
    return true;
}

bool binary_heap_pop(struct binary_heap *heap, struct job *job)
{
    if (heap->count == 0)
        return false;
    *job = heap->jobs[0];
    heap->jobs[0] = heap->jobs[--heap->count];
    sift_down(heap, 0);
    return true;
}

bool binary_heap_check(const struct binary_heap *heap)
{
    if (heap->count > BINARY_HEAP_CAPACITY)
        return false;
    for (size_t i = 1; i < heap->count; i++)
        if (job_before(&heap->jobs[i], &heap->jobs[parent_of(i)]))
            return false;
    return true;
}
