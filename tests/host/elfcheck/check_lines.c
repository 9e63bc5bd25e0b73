/* check_lines.c: every line begins at an instruction. */
#include "checks.h"

#include <stdlib.h>

#include "decode.h"

/* One bit for each address of the executable segments: an instruction begins there. */
struct boundaries {
    const struct image *image;
    uint64_t first, size;
    uint8_t *bits;
};

static void mark(struct boundaries *b, uint64_t address)
{
    if (address - b->first < b->size)
        b->bits[(address - b->first) / 8] |= (uint8_t)(1u << (address - b->first) % 8);
}

static bool marked(const struct boundaries *b, uint64_t address)
{
    return address - b->first < b->size &&
           (b->bits[(address - b->first) / 8] >> (address - b->first) % 8 & 1);
}

static void open_boundaries(struct boundaries *b, const struct image *image)
{
    uint64_t last = 0;

    b->image = image;
    b->first = UINT64_MAX;
    for (size_t i = 0; i < image->segment_count; i++) {
        const GElf_Phdr *segment = &image->segments[i];

        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X))
            continue;
        if (segment->p_vaddr < b->first)
            b->first = segment->p_vaddr;
        if (segment->p_vaddr + segment->p_memsz > last)
            last = segment->p_vaddr + segment->p_memsz;
    }
    b->size = last - b->first + 1;
    b->bits = calloc(b->size / 8 + 1, 1);
}

/* A function has nothing but instructions in it, one after the other. */
static void sweep(struct subject *subject, struct boundaries *b, struct report *report)
{
    size_t count = 0;

    for (size_t i = 0; i < subject->dwarf.unwinder_count; i++) {
        struct range range = subject->dwarf.unwinders[i].range;
        struct instruction in;
        uint64_t at = range.start;

        for (; at < range.end && decode(b->image, at, &in); at = in.next, count++)
            mark(b, at);
        if (at != range.end)
            report_failure(report, "the code of %s does not end with an instruction at %s",
                           image_place(b->image, range.start), image_place(b->image, range.end));
    }
    report_covered(report, "%zu instructions of %zu functions", count,
                   subject->dwarf.unwinder_count);
}

/*
 * Code that no unwinder describes runs before there is a stack, and maybe in another mode of the
 * processor: in one of them, the instructions of a line end where the next line begins.
 */
static bool reaches(const struct image *image, uint64_t from, uint64_t to)
{
    static const unsigned modes[] = {64, 32, 16};

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        uint64_t at = from;

        for (unsigned n; at < to && (n = decode_length(image, at, modes[i])) != 0; at += n)
            ;
        if (at == to)
            return true;
    }
    return false;
}

static bool begins_instruction(struct subject *subject, const struct boundaries *b, size_t i)
{
    const struct line *lines = subject->dwarf.lines, *line = &lines[i];

    if (dwarf_unwinder_at(&subject->dwarf, line->address) != NULL)
        return marked(b, line->address);
    if (i == 0 || lines[i - 1].ends_sequence || lines[i - 1].address == line->address)
        return true;
    return dwarf_unwinder_at(&subject->dwarf, lines[i - 1].address) != NULL ||
           reaches(b->image, lines[i - 1].address, line->address);
}

void check_lines(struct subject *subject, struct report *report)
{
    const struct dwarf *dwarf = &subject->dwarf;
    struct boundaries b;
    size_t checked = 0, without = 0;

    open_boundaries(&b, &subject->image);
    sweep(subject, &b, report);
    for (size_t i = 0; i < dwarf->line_count; i++) {
        const struct line *line = &dwarf->lines[i];

        if (!image_executable(&subject->image, line->address) ||
            (!line->statement && !line->ends_sequence))
            continue;
        checked++;
        without += dwarf_unwinder_at(dwarf, line->address) == NULL && !line->ends_sequence;
        if (!begins_instruction(subject, &b, i))
            report_failure(report, "line %u begins within an instruction at %s", line->number,
                           image_place(&subject->image, line->address));
    }
    if (checked == 0)
        report_failure(report, "there are no lines");
    report_covered(report, "%zu line addresses, %zu of them before there is a stack", checked,
                   without);
    free(b.bits);
}
