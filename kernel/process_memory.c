/* process_memory.c: pages on demand, and copies of them on writing. */
#include "process_memory.h"

#include <string.h>

#include "cpu/trap.h"
#include "debug_processes.h"
#include "process.h"
#include "shared_page.h"
#include "thread.h"

/* A part of the memory, whose pages come from a file or are zeros. */
struct area {
    const struct elf_segment *segment; /* NULL: the stack */
    unsigned rights;
};

static bool find_area(const struct process *process, uint64_t address, struct area *area)
{
    const struct elf_image *image = program_image(process->program);

    if (address >= USER_HIGH - USER_STACK_SIZE && address < USER_HIGH) {
        *area = (struct area){NULL, MAP_WRITE};
        return true;
    }
    for (size_t i = 0; i < image->count; i++) {
        const struct elf_segment *s = &image->segments[i];

        if (address >= s->start && address < s->end) {
            *area = (struct area){
                s, (s->write ? MAP_WRITE : MAP_READ) | (s->execute ? MAP_EXECUTE : MAP_READ)};
            return true;
        }
    }
    return false;
}

static bool is_allowed(const struct area *area, uint64_t error)
{
    return (!(error & PF_WRITE) || (area->rights & MAP_WRITE)) &&
           (!(error & PF_FETCH) || (area->rights & MAP_EXECUTE)) && !(error & PF_RESERVED);
}

static bool put(struct process *process, uint64_t address, uint64_t page, unsigned rights)
{
    if (page == 0)
        return false;
    if (address_space_put(&process->space, address, page, rights))
        return true;
    shared_page_drop(page);
    return false;
}

/* The program's own pages are read-only in all that have them: who writes comes back for a copy. */
static bool make_page(struct process *process, const struct area *area, uint64_t address)
{
    const struct elf_segment *s = area->segment;

    if (s == NULL || address >= s->data_end || address + PAGE_SIZE <= s->data_start)
        return put(process, address, shared_page_alloc(), area->rights);
    return put(process, address, program_page(process->program, s, address),
               area->rights & ~(unsigned)MAP_WRITE);
}

static bool is_still(const struct process *process, uint64_t address, uint64_t page)
{
    struct mapping now;

    return paging_lookup(&process->space, address, &now) && now.physical == page;
}

/* Held by the process and by this, nobody else can begin to hold it. */
static bool copy_held(struct process *process, const struct area *area, uint64_t address,
                      uint64_t old)
{
    if (shared_page_holders(old) == 2) {
        paging_protect(&process->space, address, area->rights | MAP_USER);
        return true;
    }

    uint64_t page = shared_page_alloc();

    if (page == 0)
        return false;
    memcpy(physical_to_virtual(page), physical_to_virtual(old), PAGE_SIZE);
    if (is_still(process, address, old))
        return put(process, address, page, area->rights);
    shared_page_drop(page);
    return true;
}

/*
 * Between any two instructions a debugger may stop the machine and give the process a copy of the
 * page (debug_own_page()). Then the other holders may write to the old one, or free it: it is held
 * here meanwhile, and what has faulted is simply tried again.
 */
static bool copy_page(struct process *process, const struct area *area, uint64_t address)
{
    struct mapping old;

    if (!paging_lookup(&process->space, address, &old))
        return false;
    if (!shared_page_try_hold(old.physical))
        return true;

    bool done = copy_held(process, area, address, old.physical);

    shared_page_drop(old.physical);
    return done;
}

bool process_resolve(uint64_t address, uint64_t error)
{
    struct process *process = process_current();
    uint64_t page = address & ~(uint64_t)(PAGE_SIZE - 1);
    struct area area;

    if (process == NULL || !find_area(process, address, &area) || !is_allowed(&area, error))
        return false;
    debug_pages_refill();
    if (!(error & PF_PRESENT))
        return make_page(process, &area, page);
    return (error & PF_WRITE) && copy_page(process, &area, page);
}

/* The end of the topmost page: strings, then the vector of pointers that ends the stack. */
struct first_page {
    uint64_t argc;
    uint64_t argv[3]; /* with the NULL behind the last */
    uint64_t environment;
    uint64_t auxiliary[2];
    char argument[PROCESS_ARGUMENT_MAX];
    char path[PROGRAM_NAME_MAX];
    uint64_t end;
};
_Static_assert(sizeof(struct first_page) % 16 == 0, "rsp is a multiple of 16 at the start");

static void copy_text(char *to, const char *from, size_t size)
{
    size_t length = strlen(from);

    if (length >= size)
        length = size - 1;
    memcpy(to, from, length);
    to[length] = '\0';
}

uint64_t process_make_memory(struct address_space *space, const char *path, const char *argument)
{
    uint64_t rsp = USER_HIGH - sizeof(struct first_page);
    uint64_t page = shared_page_alloc();
    struct first_page *first = physical_to_virtual(page + PAGE_SIZE - sizeof(*first));

    if (page == 0)
        return 0;
    if (!address_space_create(space)) {
        shared_page_drop(page);
        return 0;
    }
    first->argc = 2;
    first->argv[0] = rsp + offsetof(struct first_page, path);
    first->argv[1] = rsp + offsetof(struct first_page, argument);
    copy_text(first->path, path, sizeof(first->path));
    copy_text(first->argument, argument, sizeof(first->argument));
    if (address_space_put(space, USER_HIGH - PAGE_SIZE, page, MAP_WRITE))
        return rsp;
    shared_page_drop(page);
    address_space_destroy(space);
    return 0;
}
