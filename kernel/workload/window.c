/*
 * window.c: one virtual page, mapped to one of two physical pages in turn. A CPU whose TLB was not
 * flushed sees the wrong one.
 */
#include "workload/work.h"

#include "mm/paging.h"
#include "page_alloc.h"
#include "smp.h"

#define VIEWERS 2

static struct mutex window_lock = MUTEX("window_lock");
static uint64_t pages[2]; /* physical; the first word of each is its own number */
static unsigned shown;

static void show(unsigned number)
{
    if (!paging_map(&kernel_space, WINDOW_MAP, pages[number], PAGE_SIZE, MAP_WRITE))
        panic("workload: no memory for the window's page tables");
    shown = number;
}

static void mapper(void *number)
{
    uint64_t random = 0;

    (void)number;
    for (;;) {
        mutex_lock(&window_lock);
        paging_unmap(&kernel_space, WINDOW_MAP, PAGE_SIZE);
        while (!smp_flush())
            ; /* somebody still sees the old page */
        show(!shown);
        workload_rounds.mappings++;
        mutex_unlock(&window_lock);
        work_pause(&random, 1000);
    }
}

static void viewer(void *number)
{
    uint64_t random = 0;

    (void)number;
    for (;;) {
        mutex_lock(&window_lock);
        WORK_CHECK(*(volatile uint64_t *)WINDOW_MAP == shown,
                   "every CPU sees the page that is mapped");
        workload_rounds.views++;
        mutex_unlock(&window_lock);
        work_pause(&random, 1000);
    }
}

void work_window_start(void)
{
    for (uint64_t i = 0; i < 2; i++) {
        pages[i] = page_alloc(0);
        if (pages[i] == 0)
            panic("workload: no memory for the window");
        *(uint64_t *)physical_to_virtual(pages[i]) = i;
    }
    show(0);
    work_launch("viewer", VIEWERS, viewer);
    work_launch("mapper", 1, mapper);
}
