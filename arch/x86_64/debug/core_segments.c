/*
 * core_segments.c: see core_segments.h. RAM that is mapped twice is in the file once: segments may
 * share a place in it. Devices are left alone, as reading them has effects.
 */
#include "core_segments.h"

#include "core_file.h"
#include "core_ram.h"
#include "page_walk.h"
#include "processor.h"
#include "space.h"
#include "state.h"
#include "thread_list.h"

#define UPPER_HALF   (1ull << 63)
#define THREAD_PAGES 2 /* of a thread's structure, from its handle on */
#define STACK_PAGES  4 /* above its rsp, if its stack is in the mapping of all RAM */

/* ---- runs ---- */

static bool goes_on(const struct core_run *run, const struct walked_page *page)
{
    return page->region.mapped && page->region.start == run->address + run->size &&
           page->physical == run->physical + run->size &&
           page->region.writable == run->writable && page->region.executable == run->executable;
}

uint64_t core_lower(void)
{
    uint64_t space = space_meant(core_first_thread(), 0);

    return space == SPACE_KERNEL ? read_cr3() : space;
}

/* Where tables cannot be read there is a hole, as large as what they would have told of. */
static void walk(const struct core_walk *w, struct walked_page *page)
{
    bool upper = w->address >= UPPER_HALF;

    *page = (struct walked_page){
        .region = {.start = w->address, .last = upper ? UINT64_MAX : UPPER_HALF - 1}};
    if (!upper && w->lower == SPACE_GONE)
        return;
    if (!page_walk(upper ? read_cr3() : w->lower, w->address, page))
        page->region.mapped = false;
}

static void move_behind(struct core_walk *w, const struct walked_page *page)
{
    w->address = page->region.last + 1;
    w->ended = w->address == 0;
}

/* The next run, behind which the walk goes on; false at the end of the address space. */
static bool next_run(struct core_walk *w)
{
    struct walked_page page = {0};

    while (!w->ended && (walk(w, &page), !page.region.mapped))
        move_behind(w, &page);
    if (w->ended)
        return false;
    w->run = (struct core_run){.address = page.region.start,
                               .physical = page.physical,
                               .writable = page.region.writable,
                               .executable = page.region.executable};
    do {
        w->run.size += page.region.last - page.region.start + 1;
        move_behind(w, &page);
    } while (!w->ended && (walk(w, &page), goes_on(&w->run, &page)));
    return true;
}

static void shorten(struct core_run *run, uint64_t size)
{
    run->address += size;
    run->physical += size;
    run->size -= size;
}

/* How much of its beginning is no RAM. */
static uint64_t gap(const struct core_run *run)
{
    struct debugger_range ram;

    if (!debugger_settings.next_ram(run->physical, &ram) || ram.start >= run->physical + run->size)
        return run->size;
    return ram.start > run->physical ? ram.start - run->physical : 0;
}

/* The mapping of all RAM, or what a boot loader has left of one. */
static bool is_direct(const struct core_run *run)
{
    return page_walk_place(run->physical) == run->address || run->physical == run->address;
}

/* ---- segments ---- */

void core_walk_begin(struct core_walk *w, enum core_kind kind)
{
    *w = (struct core_walk){.kind = kind, .lower = core_lower()};
}

/* Of a program, what a fork has made read-only is as much its own as what it can write to. */
static bool is_wanted(const struct core_walk *w)
{
    const struct core_run *run = &w->run;

    return w->kind == CORE_ALL || run->writable || (run->address < UPPER_HALF && !run->executable);
}

/*
 * Kept pages, and the zeros behind them; in a small core nobody knows what the others are. False:
 * there is nothing to be told of the beginning of this run.
 */
static bool take(struct core_walk *w, struct core_segment *s)
{
    struct core_run *run = &w->run;
    uint64_t page, pages, n;
    bool kept;

    if (!core_ram_find(run->physical, &page, &pages)) {
        shorten(run, gap(run));
        return false;
    }
    pages = run->size / CORE_PAGE < pages ? run->size / CORE_PAGE : pages;
    n = core_ram_run(page, pages, &kept);
    *s = (struct core_segment){.address = run->address, .physical = run->physical,
                               .memory = n * CORE_PAGE, .place = kept ? core_ram_place(page) : 0,
                               .pages = kept ? n : 0, .writable = run->writable,
                               .executable = run->executable};
    if (kept && n < pages && w->kind == CORE_ALL)
        s->memory += core_ram_run(page + n, pages - n, &kept) * CORE_PAGE;
    shorten(run, s->memory);
    return s->pages || w->kind == CORE_ALL || !is_direct(run);
}

bool core_walk_next(struct core_walk *w, struct core_segment *s)
{
    for (;;) {
        if (!w->run.size && !next_run(w))
            return false;
        if (!is_wanted(w))
            w->run.size = 0;
        else if (take(w, s))
            return true;
    }
}

/* ---- what is kept ---- */

/* Up to n pages of RAM from a virtual address on. */
static void keep_at(uint64_t address, uint64_t n)
{
    struct walked_page page;
    uint64_t first, pages;

    for (address &= ~(CORE_PAGE - 1); n; n--, address += CORE_PAGE)
        if (address && page_walk(read_cr3(), address, &page) && page.region.mapped &&
            core_ram_find(page.physical + (address - page.region.start), &first, &pages))
            core_ram_keep(first, 1);
}

static void keep_threads(void)
{
    struct debugger_thread_registers registers = {0};

    for (gdb_tid id = threads_next(GDB_TID_ANY); id != GDB_TID_ANY; id = threads_next(id)) {
        const struct debugger_thread *thread = threads_asleep(id);

        keep_at(threads_handle(id), THREAD_PAGES);
        if (thread && debugger_settings.thread_registers &&
            debugger_settings.thread_registers(thread, &registers))
            keep_at(registers.rsp - 1, STACK_PAGES);
    }
}

static void keep_run(struct core_run *run)
{
    uint64_t page, pages;

    while (run->size) {
        if (core_ram_find(run->physical, &page, &pages)) {
            pages = run->size / CORE_PAGE < pages ? run->size / CORE_PAGE : pages;
            core_ram_keep(page, pages);
            shorten(run, pages * CORE_PAGE);
        } else {
            shorten(run, gap(run));
        }
    }
}

static void keep_small(void)
{
    struct core_walk w;

    core_walk_begin(&w, CORE_SMALL);
    while (next_run(&w))
        if (is_wanted(&w) && !is_direct(&w.run))
            keep_run(&w.run);
    keep_threads();
}

void core_segments_keep(enum core_kind kind)
{
    core_ram_begin();
    if (kind == CORE_ALL)
        core_ram_keep_all();
    else
        keep_small();
}
