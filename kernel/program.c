/* program.c: the page cache of executables. */
#include "program.h"

#include <string.h>

#include "initrd.h"
#include "kmalloc.h"
#include "mm/address_space.h"
#include "shared_page.h"
#include "spinlock.h"

struct program {
    struct program *next;
    char name[PROGRAM_NAME_MAX];
    struct elf_image image;
    uint64_t *pages[ELF_SEGMENTS_MAX]; /* of each segment: physical, 0 if nobody has needed it */
};

static struct program *programs; /* grows at its head, and never shrinks */
static struct spinlock programs_lock = SPINLOCK("programs_lock");

const struct elf_image *program_image(const struct program *program)
{
    return &program->image;
}

const char *program_name(const struct program *program)
{
    return program->name;
}

static size_t page_count_of(const struct elf_segment *segment)
{
    return (segment->end - segment->start) / PAGE_SIZE;
}

static void destroy(struct program *program)
{
    for (size_t i = 0; i < program->image.count; i++)
        kfree(program->pages[i]);
    kfree(program);
}

/* Nothing in it is as large as its memory: that is made a page at a time. */
static const char *read_image(struct program *program, const char *name)
{
    struct initrd_file file;
    const char *problem = "no such file";

    if (initrd_find(name, &file))
        problem = elf_read(&program->image, file.data, file.size, USER_LOW, PROGRAM_HIGH);
    for (size_t i = 0; problem == NULL && i < program->image.count; i++) {
        size_t pages = page_count_of(&program->image.segments[i]);

        program->pages[i] = kcalloc(pages, sizeof(uint64_t));
        if (program->pages[i] == NULL)
            problem = "no memory for its pages";
    }
    return problem;
}

static struct program *find(const char *name)
{
    struct program *program = programs;

    while (program != NULL && strcmp(program->name + 1, name) != 0)
        program = program->next;
    return program;
}

/* Two may read the same file at once; the first to be in the list is the one. */
static struct program *add(struct program *program)
{
    bool enabled = spin_lock(&programs_lock);
    struct program *first = find(program->name + 1);

    if (first == NULL) {
        program->next = programs;
        programs = program;
    }
    spin_unlock(&programs_lock, enabled);
    if (first == NULL)
        return program;
    destroy(program);
    return first;
}

struct program *program_find(const char *path, const char **problem)
{
    const char *name = path + (*path == '/');
    size_t length = strlen(name);
    bool enabled = spin_lock(&programs_lock);
    struct program *program = find(name);

    spin_unlock(&programs_lock, enabled);
    if (program != NULL)
        return program;
    *problem = "no such file";
    if (length + 1 >= PROGRAM_NAME_MAX)
        return NULL;
    program = kcalloc(1, sizeof(*program));
    *problem = "no memory";
    if (program == NULL)
        return NULL;
    program->name[0] = '/';
    memcpy(program->name + 1, name, length + 1);
    *problem = read_image(program, name);
    if (*problem == NULL)
        return add(program);
    destroy(program);
    return NULL;
}

/* What of the file's bytes belongs to the page at address. */
static void fill(uint64_t page, const struct elf_segment *segment, uint64_t address)
{
    uint64_t start = address > segment->data_start ? address : segment->data_start;
    uint64_t end = address + PAGE_SIZE < segment->data_end ? address + PAGE_SIZE
                                                           : segment->data_end;
    uint8_t *bytes = physical_to_virtual(page);

    if (start < end)
        memcpy(bytes + (start - address), segment->data + (start - segment->data_start),
               end - start);
}

uint64_t program_page(struct program *program, const struct elf_segment *segment, uint64_t address)
{
    size_t index = (size_t)(segment - program->image.segments);
    uint64_t *page = &program->pages[index][(address - segment->start) / PAGE_SIZE];
    bool enabled = spin_lock(&programs_lock);

    if (*page == 0) {
        *page = shared_page_alloc();
        if (*page != 0)
            fill(*page, segment, address / PAGE_SIZE * PAGE_SIZE);
    }
    if (*page != 0)
        shared_page_hold(*page);
    spin_unlock(&programs_lock, enabled);
    return *page;
}
