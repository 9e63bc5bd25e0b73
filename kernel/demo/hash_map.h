/* hash_map.h: text to number, with chained buckets that double as the map fills. */
#ifndef DEMO_HASH_MAP_H
#define DEMO_HASH_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest key, its terminating zero included. Kept inside the entry, so that gdb prints it. */
#define HASH_MAP_KEY_MAX 24

struct hash_entry {
    struct hash_entry *next; /* of the same bucket */
    uint64_t hash;
    uint64_t value;
    char key[HASH_MAP_KEY_MAX];
};

struct hash_map {
    struct hash_entry **buckets;
    size_t bucket_count; /* a power of two */
    size_t entry_count;
};

/* An empty map. bucket_count must be a power of two. False: out of memory. */
bool hash_map_init(struct hash_map *map, size_t bucket_count);

/* Free everything that the map holds; it may be initialised again. */
void hash_map_destroy(struct hash_map *map);

/* Set key to value, whether or not it was there. False: out of memory, or the key is too long. */
bool hash_map_put(struct hash_map *map, const char *key, uint64_t value);

/* The entry of key, or NULL. Valid until it is removed. */
struct hash_entry *hash_map_find(const struct hash_map *map, const char *key);

/* False: key was not there. */
bool hash_map_remove(struct hash_map *map, const char *key);

/* Every entry is in the bucket of its hash, none is missing, and no chain runs in a circle. */
bool hash_map_check(const struct hash_map *map);

#endif
