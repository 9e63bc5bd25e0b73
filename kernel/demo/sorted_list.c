/* sorted_list.c: insertion and removal through the link that points to a node. */
#include "sorted_list.h"

#include "kmalloc.h"

/* The link to the first node whose key is not less, or the NULL at the end. */
static struct sorted_node **node_link(struct sorted_list *list, uint64_t key)
{
    struct sorted_node **link = &list->first;

    while (*link != NULL && (*link)->key < key)
        link = &(*link)->next;
    return link;
}

static void unlink_node(struct sorted_list *list, struct sorted_node **link)
{
    struct sorted_node *node = *link;

    *link = node->next;
    list->length--;
    kfree(node);
}

bool sorted_list_insert(struct sorted_list *list, uint64_t key)
{
    struct sorted_node **link = node_link(list, key);
    struct sorted_node *node = kmalloc(sizeof(*node));

    if (node == NULL)
        return false;
    *node = (struct sorted_node){.next = *link, .key = key};
    *link = node;
    list->length++;
    return true;
}

bool sorted_list_contains(const struct sorted_list *list, uint64_t key)
{
    const struct sorted_node *node = list->first;

    while (node != NULL && node->key < key)
        node = node->next;
    return node != NULL && node->key == key;
}

bool sorted_list_remove(struct sorted_list *list, uint64_t key)
{
    struct sorted_node **link = node_link(list, key);

    if (*link == NULL || (*link)->key != key)
        return false;
    unlink_node(list, link);
    return true;
}

bool sorted_list_pop(struct sorted_list *list, uint64_t *key)
{
    if (list->first == NULL)
        return false;
    *key = list->first->key;
    unlink_node(list, &list->first);
    return true;
}

bool sorted_list_check(const struct sorted_list *list)
{
    size_t seen = 0;

    for (const struct sorted_node *node = list->first; node != NULL; node = node->next) {
        if (++seen > list->length)
            return false;
        if (node->next != NULL && node->next->key < node->key)
            return false;
    }
    return seen == list->length;
}
