/* hash_map.c: a map with one chain of entries per bucket. */
#include "hash_map.h"

#include "kmalloc.h"

#include <string.h>

/* FNV-1a, 64 bits: two instructions a byte, and good enough in the low bits. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (; *text != '\0'; text++) {
        hash ^= (uint8_t)*text;
        hash *= 0x100000001b3;
    }
    return hash;
}

static struct hash_entry **bucket_of(const struct hash_map *map, uint64_t hash)
{
    return &map->buckets[hash & (map->bucket_count - 1)];
}

static bool same_key(const struct hash_entry *entry, const char *key, size_t length)
{
    return length < HASH_MAP_KEY_MAX && memcmp(entry->key, key, length + 1) == 0;
}

/* The link that points to the entry of key: or, if there is none, the NULL that ends its chain. */
static struct hash_entry **entry_link(const struct hash_map *map, const char *key)
{
    uint64_t hash = hash_text(key);
    size_t length = strlen(key);
    struct hash_entry **link = bucket_of(map, hash);

    while (*link != NULL && !((*link)->hash == hash && same_key(*link, key, length)))
        link = &(*link)->next;
    return link;
}

/* Twice the buckets. A map that cannot get them is slower from now on, not wrong. */
static void grow(struct hash_map *map)
{
    struct hash_map bigger;

    if (!hash_map_init(&bigger, 2 * map->bucket_count))
        return;
    for (size_t i = 0; i < map->bucket_count; i++) {
        while (map->buckets[i] != NULL) {
            struct hash_entry *entry = map->buckets[i];
            struct hash_entry **bucket = bucket_of(&bigger, entry->hash);

            map->buckets[i] = entry->next;
            entry->next = *bucket;
            *bucket = entry;
        }
    }
    kfree(map->buckets);
    map->buckets = bigger.buckets;
    map->bucket_count = bigger.bucket_count;
}

bool hash_map_init(struct hash_map *map, size_t bucket_count)
{
    size_t bytes = bucket_count * sizeof(*map->buckets);

    *map = (struct hash_map){.buckets = kmalloc(bytes)};
    if (map->buckets == NULL)
        return false;
    memset(map->buckets, 0, bytes);
    map->bucket_count = bucket_count;
    return true;
}

void hash_map_destroy(struct hash_map *map)
{
    for (size_t i = 0; i < map->bucket_count; i++) {
        while (map->buckets[i] != NULL) {
            struct hash_entry *entry = map->buckets[i];

            map->buckets[i] = entry->next;
            kfree(entry);
        }
    }
    kfree(map->buckets);
    *map = (struct hash_map){0};
}

bool hash_map_put(struct hash_map *map, const char *key, uint64_t value)
{
    size_t length = strlen(key);
    struct hash_entry **link = entry_link(map, key);
    struct hash_entry *entry = *link;

    if (entry == NULL) {
        if (length >= HASH_MAP_KEY_MAX || (entry = kmalloc(sizeof(*entry))) == NULL)
            return false;
        *entry = (struct hash_entry){.hash = hash_text(key)};
        memcpy(entry->key, key, length + 1);
        *link = entry;
        if (++map->entry_count > map->bucket_count)
            grow(map);
    }
    entry->value = value;
    return true;
}

struct hash_entry *hash_map_find(const struct hash_map *map, const char *key)
{
    return *entry_link(map, key);
}

bool hash_map_remove(struct hash_map *map, const char *key)
{
    struct hash_entry **link = entry_link(map, key);
    struct hash_entry *entry = *link;

    if (entry == NULL)
        return false;
    *link = entry->next;
    map->entry_count--;
    kfree(entry);
    return true;
}

bool hash_map_check(const struct hash_map *map)
{
    size_t seen = 0;

    for (size_t i = 0; i < map->bucket_count; i++) {
        for (struct hash_entry *entry = map->buckets[i]; entry != NULL; entry = entry->next) {
            if (++seen > map->entry_count)
                return false;
            if (bucket_of(map, entry->hash) != &map->buckets[i])
                return false;
            if (hash_text(entry->key) != entry->hash)
                return false;
        }
    }
    return seen == map->entry_count;
}
