/* check_segments.c: what the processor may do where, and the table of guarded instructions. */
#include "checks.h"

#include <string.h>

#include "decode.h"

void check_segments(struct subject *subject, struct report *report)
{
    const struct image *image = &subject->image;
    unsigned loaded = 0, executable = 0;

    for (size_t i = 0; i < image->segment_count; i++) {
        const GElf_Phdr *segment = &image->segments[i];

        if (segment->p_type == PT_GNU_STACK && (segment->p_flags & PF_X))
            report_failure(report, "the stack is executable");
        if (segment->p_type != PT_LOAD)
            continue;
        loaded++;
        executable += (segment->p_flags & PF_X) != 0;
        if ((segment->p_flags & PF_X) && (segment->p_flags & PF_W))
            report_failure(report, "the segment at %s is writable and executable",
                           image_place(image, segment->p_vaddr));
        for (size_t j = 0; j < i; j++) {
            const GElf_Phdr *other = &image->segments[j];

            if (other->p_type == PT_LOAD && other->p_vaddr >> 12 <=
                    (segment->p_vaddr + segment->p_memsz - 1) >> 12 &&
                segment->p_vaddr >> 12 <= (other->p_vaddr + other->p_memsz - 1) >> 12)
                report_failure(report, "two segments share the page of %s",
                               image_place(image, segment->p_vaddr));
        }
    }
    if (executable == 0)
        report_failure(report, "no segment is executable");
    report_covered(report, "%u segments, %u of them executable", loaded, executable);
}

struct guard_entry {
    int32_t instruction, fixup; /* each relative to itself */
};

static bool starts_instruction(const struct subject *subject, uint64_t address)
{
    const struct unwinder *unwinder = dwarf_unwinder_at(&subject->dwarf, address);
    struct instruction in;

    if (unwinder == NULL)
        return false;
    for (uint64_t at = unwinder->range.start; at < address; at = in.next) {
        if (!decode(&subject->image, at, &in))
            return false;
        if (in.next > address)
            return false;
    }
    return decode(&subject->image, address, &in);
}

/* With an operand in memory; or like a write to a control register, which may not take the value. */
static bool may_fault(const struct subject *subject, uint64_t address)
{
    struct instruction in;

    if (!decode(&subject->image, address, &in))
        return false;
    for (unsigned i = 0; i < in.is.operand_count; i++) {
        if (in.operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
            return true;
    }
    return (in.is.attributes & ZYDIS_ATTRIB_IS_PRIVILEGED) != 0;
}

/*
 * Entries are made where the code is, and the linker keeps both in the same order: one that is out
 * of order was not made by a guard, or was made for code that lies elsewhere.
 */
void check_exception_table(struct subject *subject, struct report *report)
{
    const struct image *image = &subject->image;
    struct range table = image_range(image, "__ex_table");
    uint64_t before = 0;
    unsigned count = 0;

    if ((table.end - table.start) % sizeof(struct guard_entry) != 0)
        report_failure(report, "the exception table does not end with an entry");
    for (uint64_t at = table.start; at + sizeof(struct guard_entry) <= table.end;
         at += sizeof(struct guard_entry), count++) {
        struct guard_entry entry;

        memcpy(&entry, image_at(image, at, sizeof(entry)), sizeof(entry));

        uint64_t guarded = at + (uint64_t)(int64_t)entry.instruction;
        uint64_t fixup = at + 4 + (uint64_t)(int64_t)entry.fixup;

        if (guarded <= before)
            report_failure(report, "exception table: %s is out of order",
                           image_place(image, guarded));
        if (!starts_instruction(subject, guarded) || !may_fault(subject, guarded))
            report_failure(report, "exception table: %s is no instruction that can fault",
                           image_place(image, guarded));
        if (!starts_instruction(subject, fixup))
            report_failure(report, "exception table: fixup %s of %s is no instruction",
                           image_place(image, fixup), image_place(image, guarded));
        before = guarded;
    }
    if (count == 0)
        report_failure(report, "the exception table is empty");
    report_covered(report, "%u guarded instructions", count);
}
