/* core_ram.c: see core_ram.h. A bit for each block, in memory that the embedder has given. */
#include "core_ram.h"

#include <string.h>

#include "line.h"
#include "page_walk.h"
#include "safe_copy.h"
#include "state.h"

#define LOOK 1024 /* pages, after which the line is looked at */

static struct {
    uint64_t pages; /* of RAM */
    unsigned shift; /* pages of a block, as a power of two */
    /* Kept blocks before a word of it: who reads in order counts none of them twice. */
    uint64_t counted, count;
} map;

static uint64_t *words(void)
{
    return debugger_settings.core_memory;
}

static uint64_t blocks(void)
{
    return (map.pages + (1ull << map.shift) - 1) >> map.shift;
}

static bool is_kept(uint64_t page)
{
    uint64_t block = page >> map.shift;

    return words()[block / 64] >> block % 64 & 1;
}

/* No instruction for it is sure to be there, and nobody's library. */
static unsigned count_bits(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555;
    word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return word * 0x0101010101010101 >> 56;
}

/* From where it was counted last, forth or back. */
static void count_blocks_to(uint64_t word)
{
    while (map.counted < word)
        map.count += count_bits(words()[map.counted++]);
    while (map.counted > word)
        map.count -= count_bits(words()[--map.counted]);
}

static uint64_t count_before(uint64_t block)
{
    count_blocks_to(block / 64);
    return block % 64 ? map.count + count_bits(words()[block / 64] << (64 - block % 64))
                      : map.count;
}

static bool next_ram(uint64_t from, struct debugger_range *ram)
{
    return debugger_settings.next_ram(from, ram) && ram->end > ram->start;
}

void core_ram_begin(void)
{
    struct debugger_range ram = {0};

    map.pages = map.shift = 0;
    map.counted = map.count = 0;
    while (next_ram(ram.end, &ram))
        map.pages += (ram.end - ram.start) / CORE_PAGE;
    while (blocks() > debugger_settings.core_size / 8 * 64)
        map.shift++;
    memset(words(), 0, (blocks() + 63) / 64 * 8);
}

bool core_ram_find(uint64_t physical, uint64_t *page, uint64_t *pages)
{
    struct debugger_range ram = {0};
    uint64_t before = 0;

    for (; next_ram(ram.end, &ram) && physical >= ram.start;
         before += (ram.end - ram.start) / CORE_PAGE) {
        if (physical >= ram.end)
            continue;
        *page = before + (physical - ram.start) / CORE_PAGE;
        *pages = (ram.end - physical) / CORE_PAGE;
        return true;
    }
    return false;
}

static bool physical_of(uint64_t page, uint64_t *physical)
{
    struct debugger_range ram = {0};

    while (next_ram(ram.end, &ram)) {
        uint64_t n = (ram.end - ram.start) / CORE_PAGE;

        *physical = ram.start + page * CORE_PAGE;
        if (page < n)
            return true;
        page -= n;
    }
    return false;
}

/* Where a page of RAM can be read; 0: there is none. */
static uint64_t address_of(uint64_t page)
{
    uint64_t physical;

    return physical_of(page, &physical) ? page_walk_place(physical) : 0;
}

/* How many pages from one on nobody has ever used. */
static uint64_t count_unused(uint64_t physical)
{
    uint64_t end = debugger_settings.unused_ram ? debugger_settings.unused_ram(physical) : 0;

    return end > physical ? (end - physical) / CORE_PAGE : 0;
}

void core_ram_keep(uint64_t page, uint64_t n)
{
    uint64_t physical, end = n < map.pages - page ? page + n : map.pages;
    uint64_t from = page, step;

    if (page >= map.pages || !physical_of(page, &physical))
        return;

    uint64_t address = page_walk_place(physical);

    for (; page < end; page += step) {
        uint64_t block = page >> map.shift, offset = (page - from) * CORE_PAGE;

        if (page % LOOK == 0 && !gdb_goes_on(&debugger_gdb))
            break;
        step = count_unused(physical + offset);
        if (!step && !is_kept(page) && safe_has_data(address + offset, CORE_PAGE))
            words()[block / 64] |= 1ull << block % 64;
        step += !step;
    }
}

void core_ram_keep_all(void)
{
    struct debugger_range ram = {0};

    for (uint64_t page = 0; next_ram(ram.end, &ram); page += (ram.end - ram.start) / CORE_PAGE)
        core_ram_keep(page, (ram.end - ram.start) / CORE_PAGE);
}

/* From a page on, up to the end of its block, or of 64 blocks that are all as it is. */
static uint64_t alike(uint64_t page, bool kept)
{
    uint64_t block = page >> map.shift, size = 1ull << map.shift;

    if (block % 64 == 0 && words()[block / 64] == (kept ? UINT64_MAX : 0))
        size *= 64;
    return size - (page & (size - 1));
}

uint64_t core_ram_run(uint64_t page, uint64_t n, bool *kept)
{
    uint64_t run = 0;

    *kept = is_kept(page);
    while (run < n && is_kept(page + run) == *kept)
        run += alike(page + run, *kept);
    return run < n ? run : n;
}

uint64_t core_ram_place(uint64_t page)
{
    uint64_t block = page >> map.shift;

    return (count_before(block) << map.shift) + (page - (block << map.shift));
}

uint64_t core_ram_count(void)
{
    return count_before(blocks()) << map.shift;
}

/* The page of RAM that the nth of the file is: the inverse of core_ram_place(). */
static uint64_t page_at(uint64_t place)
{
    uint64_t block = place >> map.shift, word;

    while (map.count > block)
        count_blocks_to(map.counted - 1);
    while (map.count + count_bits(words()[map.counted]) <= block)
        count_blocks_to(map.counted + 1);
    word = words()[map.counted];
    for (uint64_t left = block - map.count; left; left--)
        word &= word - 1;
    return ((map.counted * 64 + (uint64_t)__builtin_ctzll(word)) << map.shift) +
           (place & ((1ull << map.shift) - 1));
}

/*
 * What the debugger works with would be different each time: it reads as zero. So does what is
 * missing of the last block.
 */
static void read_page(uint64_t address, void *out, size_t n)
{
    size_t got = safe_read(out, address, n);

    memset((uint8_t *)out + got, 0, n - got);
    for (size_t i = 0; i < debugger_settings.protected_count; i++) {
        const struct debugger_range *r = &debugger_settings.protected_ranges[i];
        uint64_t start = r->start > address ? r->start : address;
        uint64_t end = r->end < address + n ? r->end : address + n;

        if (r->changes && start < end)
            memset((uint8_t *)out + (start - address), 0, end - start);
    }
}

size_t core_ram_read(uint64_t offset, void *out, size_t n)
{
    uint64_t size = core_ram_count() * CORE_PAGE;
    size_t done = 0;

    while (done < n && offset < size) {
        uint64_t within = offset % CORE_PAGE;
        size_t piece = n - done < CORE_PAGE - within ? n - done : CORE_PAGE - within;

        read_page(address_of(page_at(offset / CORE_PAGE)) + within, (uint8_t *)out + done, piece);
        done += piece;
        offset += piece;
    }
    return done;
}
