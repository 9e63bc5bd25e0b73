/* printers.c: the kernel's structures, whole and broken, for gdb to read (test_printers.py). */
#include "binary_heap.h"
#include "event_ring.h"
#include "expression.h"
#include "hash_map.h"
#include "sorted_list.h"

static struct hash_entry pear = {.hash = 1, .value = 4, .key = "pear"};
static struct hash_entry apple = {.next = &pear, .hash = 1, .value = 3, .key = "apple"};
static struct hash_entry fig = {.hash = 3, .value = 5, .key = "fig\xff\""};
static struct hash_entry *buckets[4] = {[1] = &apple, [3] = &fig};
struct hash_map map = {.buckets = buckets, .bucket_count = 4, .entry_count = 3};
struct hash_map map_empty = {.buckets = (struct hash_entry *[2]){0}, .bucket_count = 2};
struct hash_map map_miscounted = {.buckets = buckets, .bucket_count = 4, .entry_count = 7};

static struct hash_entry circle_second;
static struct hash_entry circle_first = {.next = &circle_second, .value = 1, .key = "one"};
static struct hash_entry circle_second = {.next = &circle_first, .value = 2, .key = "two"};
struct hash_map map_circle = {
    .buckets = (struct hash_entry *[1]){&circle_first}, .bucket_count = 1, .entry_count = 2};
struct hash_map map_wild_entry = {
    .buckets = (struct hash_entry *[1]){(struct hash_entry *)16}, .bucket_count = 1};
struct hash_map map_wild_buckets = {.buckets = (struct hash_entry **)16, .bucket_count = 2};
struct hash_map map_huge = {.buckets = buckets, .bucket_count = 1 << 30};

static struct sorted_node third = {.key = 30};
static struct sorted_node second = {.next = &third, .key = 20};
static struct sorted_node first = {.next = &second, .key = 10};
struct sorted_list list = {.first = &first, .length = 3};
struct sorted_list list_empty;
struct sorted_list list_miscounted = {.first = &second, .length = 3};
static struct sorted_node small = {.key = 5};
static struct sorted_node large = {.next = &small, .key = 50};
struct sorted_list list_unsorted = {.first = &large, .length = 2};
static struct sorted_node lonely = {.next = &lonely, .key = 1};
struct sorted_list list_circle = {.first = &lonely, .length = 1};
struct sorted_list list_wild = {.first = (struct sorted_node *)16, .length = 1};

/* The indices have just wrapped round. */
struct event_ring ring = {
    .head = 1,
    .tail = 0xffffffff,
    .slots = {[EVENT_RING_SLOTS - 1] = {.sequence = 41}, [0] = {.sequence = 42}},
};
struct event_ring ring_empty = {.head = 7, .tail = 7};
struct event_ring ring_torn = {.head = 0, .tail = 7};

struct binary_heap heap = {
    .count = 4,
    .jobs = {{.due = 1, .id = 10},
             {.due = 7, .id = 12, .urgent = 1},
             {.due = 2, .id = 13},
             {.due = 7, .id = 11}},
};
struct binary_heap heap_disordered = {.count = 2, .jobs = {{.due = 2}, {.due = 1}}};
struct binary_heap heap_overfull = {.count = BINARY_HEAP_CAPACITY + 1};

static const struct expression four = {EXPRESSION_NUMBER, {.number = 4}};
static const struct expression minus_five = {EXPRESSION_NUMBER, {.number = -5}};
static const struct expression sum = {EXPRESSION_ADD, {.operands = {&four, &minus_five}}};
struct expression tree = {EXPRESSION_MULTIPLY, {.operands = {&sum, &four}}};
struct expression tree_wild = {EXPRESSION_DIVIDE,
                               {.operands = {&four, (const struct expression *)16}}};
struct expression tree_endless = {EXPRESSION_ADD, {.operands = {&tree_endless, &tree_endless}}};
struct expression tree_odd = {(enum expression_kind)300, {.number = 0}};

int main(void)
{
    return 0;
}
