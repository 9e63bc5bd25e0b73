/* sorted_list.h: a singly linked list that is kept in ascending order, as a kernel keeps timers. */
#ifndef DEMO_SORTED_LIST_H
#define DEMO_SORTED_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sorted_node {
    struct sorted_node *next;
    uint64_t key;
};

/* All zero is an empty list. */
struct sorted_list {
    struct sorted_node *first;
    size_t length;
};

/* Equal keys are kept, each on its own. False: out of memory. */
bool sorted_list_insert(struct sorted_list *list, uint64_t key);

bool sorted_list_contains(const struct sorted_list *list, uint64_t key);

/* Remove one node of that key. False: there is none. */
bool sorted_list_remove(struct sorted_list *list, uint64_t key);

/* Remove the smallest key and hand it out. False: the list is empty. */
bool sorted_list_pop(struct sorted_list *list, uint64_t *key);

/* In order, and as long as it says. A circle fails, it does not hang. */
bool sorted_list_check(const struct sorted_list *list);

#endif
