/* elf_load.c: the ELF header and the program headers (System V gABI, chapters 4 and 5). */
#include "elf_load.h"

#include <string.h>

#include "elf64.h"
#include "mm/layout.h"

struct reader {
    struct elf_image *image;
    const uint8_t *file;
    size_t size;
    uint64_t low, high;
};

static const char *check_header(const struct reader *r, const struct elf_header *h)
{
    if (r->size < sizeof(*h))
        return "too short for an ELF header";
    if (memcmp(h->ident, "\177ELF", 4) != 0)
        return "not an ELF file";
    if (h->ident[EI_CLASS] != ELFCLASS64 || h->ident[EI_DATA] != ELFDATA2LSB ||
        h->machine != EM_X86_64)
        return "not an ELF for x86-64";
    if (h->type != ET_EXEC)
        return "not a static executable at a fixed address";
    if (h->phentsize != sizeof(struct elf_segment_header))
        return "program headers of a size that nobody knows";
    if (h->phoff > r->size || h->phnum * sizeof(struct elf_segment_header) > r->size - h->phoff)
        return "its program headers are cut off";
    return NULL;
}

static const char *check_segment(const struct reader *r, const struct elf_segment_header *p)
{
    uint64_t below = r->image->count > 0 ? r->image->segments[r->image->count - 1].end : r->low;

    if (p->filesz > p->memsz)
        return "a segment with more in the file than in memory";
    if (p->offset > r->size || p->filesz > r->size - p->offset)
        return "a segment is cut off";
    if (p->vaddr < r->low || p->vaddr >= r->high || p->memsz > r->high - p->vaddr)
        return "a segment outside the memory of programs";
    if (p->vaddr / PAGE_SIZE * PAGE_SIZE < below)
        return "segments that overlap, or are not sorted";
    if ((p->flags & PF_W) && (p->flags & PF_X))
        return "a segment both writable and executable";
    if (r->image->count == ELF_SEGMENTS_MAX)
        return "too many segments";
    return NULL;
}

static void add_segment(const struct reader *r, const struct elf_segment_header *p)
{
    uint64_t end = p->vaddr + p->memsz + PAGE_SIZE - 1;

    r->image->segments[r->image->count++] = (struct elf_segment){
        .start = p->vaddr / PAGE_SIZE * PAGE_SIZE,
        .end = end / PAGE_SIZE * PAGE_SIZE,
        .data_start = p->vaddr,
        .data_end = p->vaddr + p->filesz,
        .data = r->file + p->offset,
        .write = p->flags & PF_W,
        .execute = p->flags & PF_X,
    };
}

static const char *read_segments(const struct reader *r, const struct elf_header *h)
{
    for (unsigned i = 0; i < h->phnum; i++) {
        struct elf_segment_header p;

        memcpy(&p, r->file + h->phoff + i * sizeof(p), sizeof(p)); /* may not be aligned */
        if (p.type == PT_INTERP || p.type == PT_DYNAMIC)
            return "linked dynamically";
        if (p.type != PT_LOAD || p.memsz == 0)
            continue;

        const char *problem = check_segment(r, &p);

        if (problem != NULL)
            return problem;
        add_segment(r, &p);
    }
    return NULL;
}

static bool is_executable(const struct elf_image *image, uint64_t address)
{
    for (size_t i = 0; i < image->count; i++) {
        const struct elf_segment *s = &image->segments[i];

        if (s->execute && address >= s->data_start && address < s->data_end)
            return true;
    }
    return false;
}

const char *elf_read(struct elf_image *image, const void *file, size_t size, uint64_t low,
                     uint64_t high)
{
    struct reader r = {image, file, size, low, high};
    struct elf_header h = {0};

    *image = (struct elf_image){0};
    memcpy(&h, file, size < sizeof(h) ? size : sizeof(h));

    const char *problem = check_header(&r, &h);

    if (problem == NULL)
        problem = read_segments(&r, &h);
    if (problem == NULL && !is_executable(image, h.entry))
        problem = "its entry point is not in its text";
    image->entry = h.entry;
    return problem;
}
