/* space.c: see space.h. */
#include "space.h"

#include "page_walk.h"
#include "processes.h"
#include "processor.h"
#include "safe_copy.h"
#include "thread_list.h"

#define OWN_SIZE 0x1000ull /* of the pages that are copied */

static uint32_t changes; /* of page tables, by us */

/* ---- whose ---- */

uint64_t space_with(uint64_t cr3, uint64_t address)
{
    bool user = (int64_t)address >= 0;

    return user && debugger_settings.own_page && debugger_settings.physical_memory
               ? cr3 & PAGE_WALK_ROOT : SPACE_KERNEL;
}

uint64_t space_here(uint64_t address)
{
    return space_with(read_cr3(), address);
}

uint64_t space_on(const struct debugger_cpu *cpu, uint64_t address)
{
    return cpu == debugger_this_cpu() ? space_here(address)
                                      : space_with(cpu->system[SYSTEM_CR3], address);
}

uint64_t space_of_thread(gdb_tid thread, uint64_t address)
{
    const struct debugger_cpu *cpu = threads_cpu(thread);
    uint64_t cr3 = threads_cr3(thread);
    struct debugger_process process;

    /* Within a switch the processor may be in the next thread's space already. */
    if (cpu && !cpu->absent &&
        ((cpu->frame.cs & 3) != 0 || !process_with(space_with(cr3, 0), &process)))
        return space_on(cpu, address);
    return cr3 ? space_with(cr3, address) : space_here(address);
}

uint64_t space_meant(gdb_tid thread, uint64_t address)
{
    uint64_t chosen;

    if (space_with(PAGE_WALK_ROOT, address) == SPACE_KERNEL)
        return SPACE_KERNEL;
    return process_chosen(&chosen) ? chosen : space_of_thread(thread, address);
}

/* ---- memory ---- */

bool space_is_programs(uint64_t space)
{
    struct debugger_process process;

    return space != SPACE_KERNEL && (space == SPACE_GONE || process_with(space, &process));
}

/* Where a byte can be reached, and at most how many behind it as well; 0: nowhere. */
static uint64_t place_of(uint64_t space, uint64_t address, size_t *n)
{
    struct walked_page page;

    if (space == SPACE_GONE || !page_walk(space, address, &page) || !page.region.mapped)
        return 0;
    if (*n > page.region.last - address + 1)
        *n = page.region.last - address + 1;
    return page_walk_place(page.physical + (address - page.region.start));
}

/* A device that is mapped for a program may have no other mapping: the program's own will do. */
size_t space_read(uint64_t space, void *to, uint64_t address, size_t n)
{
    size_t done = 0, chunk, now;

    if (space == SPACE_KERNEL)
        return safe_read(to, address, n);
    do {
        chunk = n - done;
        uint64_t place = place_of(space, address + done, &chunk);

        now = place ? safe_read((uint8_t *)to + done, place, chunk) : 0;
        if (now == 0 && space == space_here(address))
            now = safe_read((uint8_t *)to + done, address + done, chunk);
        done += now;
    } while (now == chunk && done < n);
    return done;
}

static bool copy_page(uint64_t to, uint64_t from)
{
    uint64_t target = page_walk_place(to), source = page_walk_place(from);

    return target && source && safe_write(target, (const void *)source, OWN_SIZE) == OWN_SIZE;
}

/* A larger page can be had as it is, or not. */
static bool make_own(const struct walked_page *page, uint64_t physical)
{
    uint64_t own = debugger_settings.own_page(physical);

    if (own == physical)
        return true;
    if (!own || page->region.last - page->region.start != OWN_SIZE - 1)
        return false;
    changes++;
    return copy_page(own, physical) && page_walk_replace(page, own);
}

const char *space_own(uint64_t space, uint64_t address, bool *mapped)
{
    struct walked_page page;

    *mapped = space != SPACE_GONE && page_walk(space, address, &page) && page.region.mapped;
    if (!*mapped)
        return "no memory is mapped at this address";
    address = (address & ~(OWN_SIZE - 1)) - page.region.start + page.physical;
    return make_own(&page, address) ? NULL
           : "this page is no program's (select a thread of one), or the kernel has none left "
             "for a copy";
}

size_t space_write(uint64_t space, uint64_t address, const void *from, size_t n)
{
    size_t done = 0, chunk, now;
    bool mapped;

    if (space == SPACE_KERNEL)
        return safe_write(address, from, n);
    do {
        chunk = n - done;
        if (space_own(space, address + done, &mapped))
            break;
        now = safe_write(place_of(space, address + done, &chunk), (const uint8_t *)from + done,
                         chunk);
        done += now;
    } while (now == chunk && done < n);
    return done;
}

void space_restore(uint64_t space, uint64_t address, uint8_t byte)
{
    size_t n = 1;

    safe_write(space == SPACE_KERNEL ? address : place_of(space, address, &n), &byte, 1);
}

/* A change of PGE has the entries of all PCIDs gone (Intel SDM vol. 3, 4.10.4.1). */
void space_settle(struct debugger_cpu *cpu)
{
    uint64_t cr4 = read_cr4();

    if (cpu->space_changes == changes)
        return;
    cpu->space_changes = changes;
    if (cr4 & (CR4_PGE | CR4_PCIDE)) {
        write_cr4(cr4 ^ CR4_PGE);
        write_cr4(cr4);
    } else {
        write_cr3(read_cr3());
    }
}
