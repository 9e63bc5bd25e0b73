/* test_demo_structures.c: the demo's data structures against models too simple to be wrong. */
#include "demo_host.h"
#include "test.h"

#include "demo/binary_heap.h"
#include "demo/event_ring.h"
#include "demo/hash_map.h"
#include "demo/sha256.h"
#include "demo/sorted_list.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define KEYS 300

static const char *key_text(unsigned key)
{
    static char text[HASH_MAP_KEY_MAX];

    snprintf(text, sizeof(text), "key %u", key);
    return text;
}

static void compare_map(const struct hash_map *map, const int *model)
{
    size_t count = 0;

    for (unsigned key = 0; key < KEYS; key++) {
        const struct hash_entry *entry = hash_map_find(map, key_text(key));

        CHECK((entry != NULL) == (model[key] >= 0));
        if (entry != NULL)
            CHECK(entry->value == (uint64_t)model[key] && strcmp(entry->key, key_text(key)) == 0);
        count += model[key] >= 0;
    }
    CHECK(map->entry_count == count);
    CHECK(hash_map_check(map));
}

TEST(hash_map_like_an_array)
{
    long allocated = host_allocated;
    struct hash_map map;
    int model[KEYS];

    memset(model, 0xff, sizeof(model));
    CHECK(hash_map_init(&map, 2));
    for (int i = 0; i < 20000; i++) {
        unsigned key = host_random(KEYS);

        if (host_random(2)) {
            model[key] = i;
            CHECK(hash_map_put(&map, key_text(key), i));
        } else {
            CHECK(hash_map_remove(&map, key_text(key)) == (model[key] >= 0));
            model[key] = -1;
        }
        if (i % 500 == 0)
            compare_map(&map, model);
    }
    compare_map(&map, model);
    CHECK(map.bucket_count >= map.entry_count);
    hash_map_destroy(&map);
    CHECK(host_allocated == allocated);
}

TEST(hash_map_at_its_limits)
{
    long allocated = host_allocated;
    struct hash_map map;

    CHECK(hash_map_init(&map, 1));
    CHECK(!hash_map_put(&map, "twenty-four characters..", 1));
    CHECK(hash_map_put(&map, "twenty-three characters", 2));
    CHECK(hash_map_put(&map, "", 3));
    CHECK(hash_map_find(&map, "")->value == 3);
    CHECK(hash_map_find(&map, "twenty-three characters....") == NULL);
    host_allocations_left = 0;
    CHECK(!hash_map_put(&map, "no memory", 4));
    CHECK(map.entry_count == 2 && hash_map_check(&map));
    host_allocations_left = 1; /* enough for the entry, not for more buckets */
    CHECK(map.bucket_count == 2 && hash_map_put(&map, "crowded", 5));
    CHECK(map.bucket_count == 2 && map.entry_count == 3 && hash_map_check(&map));
    CHECK(hash_map_put(&map, "grown", 6));
    CHECK(map.bucket_count == 4 && map.entry_count == 4 && hash_map_check(&map));
    hash_map_destroy(&map);
    host_allocations_left = 0;
    CHECK(!hash_map_init(&map, 8));
    CHECK(host_allocated == allocated);
}

TEST(hash_map_damage_is_found)
{
    struct hash_map map;
    struct hash_entry *entry;

    CHECK(hash_map_init(&map, 4) && hash_map_put(&map, "one", 1) && hash_map_put(&map, "two", 2));
    entry = hash_map_find(&map, "one");
    entry->key[1] ^= 1;
    CHECK(!hash_map_check(&map));
    entry->key[1] ^= 1;
    entry->hash ^= 1;
    CHECK(!hash_map_check(&map));
    entry->hash ^= 1;
    map.entry_count++;
    CHECK(!hash_map_check(&map));
    map.entry_count--;
    CHECK(entry->next == NULL && hash_map_check(&map));
    entry->next = entry; /* a circle */
    CHECK(!hash_map_check(&map));
    entry->next = NULL;
    hash_map_destroy(&map);
}

static void compare_list(const struct sorted_list *list, const unsigned *model)
{
    const struct sorted_node *node = list->first;

    for (unsigned key = 0; key < KEYS; key++) {
        CHECK(sorted_list_contains(list, key) == (model[key] > 0));
        for (unsigned i = 0; i < model[key]; i++, node = node->next)
            CHECK(node->key == key);
    }
    CHECK(node == NULL);
    CHECK(sorted_list_check(list));
}

TEST(sorted_list_like_an_array)
{
    long allocated = host_allocated;
    struct sorted_list list = {0};
    unsigned model[KEYS] = {0};
    uint64_t popped;

    for (int i = 0; i < 20000; i++) {
        unsigned key = host_random(KEYS);

        if (host_random(2)) {
            CHECK(sorted_list_insert(&list, key));
            model[key]++;
        } else {
            CHECK(sorted_list_remove(&list, key) == (model[key] > 0));
            model[key] -= model[key] > 0;
        }
        if (i % 500 == 0)
            compare_list(&list, model);
    }
    compare_list(&list, model);
    for (unsigned key = 0; key < KEYS; key++)
        for (; model[key] > 0; model[key]--)
            CHECK(sorted_list_pop(&list, &popped) && popped == key);
    CHECK(!sorted_list_pop(&list, &popped) && list.length == 0 && host_allocated == allocated);
}

TEST(sorted_list_damage_is_found)
{
    struct sorted_list list = {0};
    uint64_t popped;

    CHECK(sorted_list_insert(&list, 5) && sorted_list_insert(&list, 7));
    host_allocations_left = 0;
    CHECK(!sorted_list_insert(&list, 6) && list.length == 2 && sorted_list_check(&list));
    list.first->key = 8;
    CHECK(!sorted_list_check(&list));
    list.first->key = 5;
    list.length = 1;
    CHECK(!sorted_list_check(&list));
    list.length = 3;
    CHECK(!sorted_list_check(&list));
    list.length = 2;
    list.first->next->next = list.first->next; /* a circle */
    CHECK(!sorted_list_check(&list));
    list.first->next->next = NULL;
    while (sorted_list_pop(&list, &popped))
        CHECK(popped == 5 || popped == 7);
}

static size_t first_of(const struct job *jobs, size_t count)
{
    size_t first = 0;

    for (size_t i = 1; i < count; i++)
        if (job_before(&jobs[i], &jobs[first]))
            first = i;
    return first;
}

TEST(binary_heap_like_a_bag)
{
    struct binary_heap heap = {0};
    struct job model[BINARY_HEAP_CAPACITY];
    struct job popped;
    size_t count = 0;

    for (unsigned i = 0; i < 20000; i++) {
        struct job job = {.due = host_random(50), .id = i, .urgent = host_random(2), .nice = -3};

        if (host_random(100) < (i / 1000 % 2 ? 40 : 60)) {
            CHECK(binary_heap_push(&heap, job) == (count < BINARY_HEAP_CAPACITY));
            if (count < BINARY_HEAP_CAPACITY)
                model[count++] = job;
        } else {
            CHECK(binary_heap_pop(&heap, &popped) == (count > 0));
            if (count > 0) {
                size_t first = first_of(model, count);

                CHECK(popped.id == model[first].id && popped.due == model[first].due);
                CHECK(popped.nice == -3);
                model[first] = model[--count];
            }
        }
        CHECK(heap.count == count && binary_heap_check(&heap));
    }
}

TEST(binary_heap_order)
{
    struct job early = {.due = 1, .id = 9};
    struct job late = {.due = 2, .id = 1, .urgent = 1};
    struct job urgent = {.due = 1, .id = 10, .urgent = 1};
    struct job younger = {.due = 1, .id = 10};
    struct binary_heap heap = {.count = 2, .jobs = {late, early}};

    CHECK(job_before(&early, &late) && !job_before(&late, &early));
    CHECK(job_before(&urgent, &early) && !job_before(&early, &urgent));
    CHECK(job_before(&early, &younger) && !job_before(&younger, &early));
    CHECK(!job_before(&early, &early));
    CHECK(!binary_heap_check(&heap));
    heap.count = BINARY_HEAP_CAPACITY + 1;
    CHECK(!binary_heap_check(&heap));
}

TEST(event_ring_at_its_limits)
{
    struct event_ring ring = {.head = UINT32_MAX - 10, .tail = UINT32_MAX - 10}; /* they wrap */
    struct event event = {0};

    CHECK(!event_ring_get(&ring, &event));
    for (uint64_t i = 0; i < EVENT_RING_SLOTS; i++) {
        event.sequence = i;
        CHECK(event_ring_put(&ring, &event));
    }
    CHECK(!event_ring_put(&ring, &event));
    for (uint64_t i = 0; i < EVENT_RING_SLOTS; i++)
        CHECK(event_ring_get(&ring, &event) && event.sequence == i);
    CHECK(!event_ring_get(&ring, &event));
}

#define EVENTS 1000000

static void *produce(void *ring)
{
    for (uint64_t i = 0; i < EVENTS; i++) {
        struct event event = {.sequence = i, .stage = i % 9};

        event.checksum = event_checksum(&event);
        while (!event_ring_put(ring, &event))
            ;
    }
    return NULL;
}

TEST(event_ring_between_threads)
{
    static struct event_ring ring;
    struct event event;
    pthread_t producer;
    uint64_t bad = 0;

    CHECK(pthread_create(&producer, NULL, produce, &ring) == 0);
    for (uint64_t i = 0; i < EVENTS; i++) {
        while (!event_ring_get(&ring, &event))
            ;
        bad += event.sequence != i || event.stage != i % 9;
        bad += event.checksum != event_checksum(&event);
    }
    pthread_join(producer, NULL);
    CHECK(bad == 0);
    CHECK(!event_ring_get(&ring, &event));
}

TEST(event_checksum_sees_each_bit)
{
    struct event event = {.sequence = 12345, .stage = 3};
    uint32_t checksum = event_checksum(&event);

    for (int bit = 0; bit < 32; bit++) {
        event.sequence ^= 1ull << bit;
        CHECK(event_checksum(&event) != checksum);
        event.sequence ^= 1ull << bit;
    }
    event.stage ^= 1;
    CHECK(event_checksum(&event) != checksum);
}

static void check_digest(const void *data, size_t n, const char *expected)
{
    uint8_t digest[SHA256_DIGEST];
    char text[2 * SHA256_DIGEST + 1];
    struct sha256 sha;

    for (size_t chunk = 1; chunk <= 200; chunk += chunk < 3 ? 1 : 61) {
        sha256_init(&sha);
        for (size_t at = 0; at < n; at += chunk)
            sha256_update(&sha, (const uint8_t *)data + at, n - at < chunk ? n - at : chunk);
        sha256_final(&sha, digest);
        for (int i = 0; i < SHA256_DIGEST; i++)
            snprintf(text + 2 * i, 3, "%02x", digest[i]);
        CHECK(strcmp(text, expected) == 0);
    }
}

/* The examples of FIPS 180-4, and the lengths around a block made by another implementation. */
TEST(sha256_vectors)
{
    static const struct {
        size_t n;
        const char *digest;
    } counting[] = {
        {55, "463eb28e72f82e0a96c0a4cc53690c571281131f672aa229e0d45ae59b598b59"},
        {56, "da2ae4d6b36748f2a318f23e7ab1dfdf45acdc9d049bd80e59de82a60895f562"},
        {63, "29af2686fd53374a36b0846694cc342177e428d1647515f078784d69cdb9e488"},
        {64, "fdeab9acf3710362bd2658cdc9a29e8f9c757fcf9811603a8c447cd1d9151108"},
        {119, "da18797ed7c3a777f0847f429724a2d8cd5138e6ed2895c3fa1a6d39d18f7ec6"},
        {120, "f52b23db1fbb6ded89ef42a23ce0c8922c45f25c50b568a93bf1c075420bbb7c"},
    };
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    static uint8_t bytes[1000000];

    for (size_t i = 0; i < 120; i++)
        bytes[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof(counting) / sizeof(counting[0]); i++)
        check_digest(bytes, counting[i].n, counting[i].digest);
    check_digest("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    check_digest(two_blocks, strlen(two_blocks),
                 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    memset(bytes, 'a', sizeof(bytes));
    check_digest(bytes, sizeof(bytes),
                 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
