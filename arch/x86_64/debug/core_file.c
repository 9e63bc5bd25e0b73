/*
 * core_file.c: header, program headers, notes, then the pages (System V gABI, "Program Header").
 * All of it but the pages is made anew for each piece that is read: it takes a walk through the
 * page tables, and no memory.
 */
#include "core_file.h"

#include <string.h>

#include "core_ram.h"
#include "line.h"
#include "processor.h"
#include "state.h"

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, segments, sections;
    uint32_t flags;
    uint16_t header_size, segment_size, segment_count, section_size, section_count, names;
};
#define ET_CORE   4
#define EM_X86_64 62
#define PN_XNUM   0xffff /* the count is in the first section's header */

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_size, memory_size, alignment;
};
#define PT_LOAD 1
#define PT_NOTE 4
#define PF_X    1
#define PF_W    2
#define PF_R    4

struct elf_section {
    uint32_t name, type;
    uint64_t flags, address, offset, size;
    uint32_t link, info;
    uint64_t alignment, entry_size;
};

/* Where everything is, until the machine changes. */
static struct {
    bool known;
    enum core_kind kind;
    uint64_t lower;
    uint64_t segments; /* with the notes' */
    uint64_t sections_at, notes_at, notes_size, pages_at, size;
} layout;
static uint16_t version;
static uint64_t changed_at;

bool core_possible(void)
{
    return debugger_settings.physical_memory && debugger_settings.next_ram &&
           debugger_settings.core_size >= sizeof(uint64_t);
}

void core_changed(void)
{
    layout.known = false;
    version++;
    changed_at = read_tsc();
}

uint64_t core_changed_at(void)
{
    return changed_at;
}

/* "monitor process" makes another file of it. */
uint16_t core_version(void)
{
    if (layout.known && layout.lower != core_lower())
        core_changed();
    return version;
}

/* ---- the order of things ---- */

static uint64_t count_segments(enum core_kind kind)
{
    struct core_segment s;
    struct core_walk w;
    uint64_t count = 1;

    core_walk_begin(&w, kind);
    while (core_walk_next(&w, &s))
        count++;
    return count;
}

/* False: the client does not wait for it. */
static bool look(enum core_kind kind)
{
    struct core_window nothing = {0};

    if (layout.known && layout.kind == kind)
        return true;
    layout.known = false;
    core_segments_keep(kind);
    if (!gdb_goes_on(&debugger_gdb))
        return false;
    core_put_notes(&nothing);
    layout.segments = count_segments(kind);
    layout.sections_at = sizeof(struct elf_header) + layout.segments * sizeof(struct elf_segment);
    layout.notes_at = layout.sections_at + sizeof(struct elf_section);
    layout.notes_size = nothing.at;
    layout.pages_at = (layout.notes_at + layout.notes_size + CORE_PAGE - 1) & ~(CORE_PAGE - 1);
    layout.size = layout.pages_at + core_ram_count() * CORE_PAGE;
    layout.kind = kind;
    layout.lower = core_lower();
    layout.known = true;
    return true;
}

static void put_header(struct core_window *w)
{
    bool many = layout.segments >= PN_XNUM;
    const struct elf_header header = {
        .ident = {0x7f, 'E', 'L', 'F', 2, 1, 1}, /* 64 bits, little endian, version 1 */
        .type = ET_CORE,
        .machine = EM_X86_64,
        .version = 1,
        .segments = sizeof(header),
        .sections = many ? layout.sections_at : 0,
        .header_size = sizeof(header),
        .segment_size = sizeof(struct elf_segment),
        .segment_count = many ? PN_XNUM : (uint16_t)layout.segments,
        .section_size = many ? sizeof(struct elf_section) : 0,
        .section_count = many,
    };

    core_put(w, &header, sizeof(header));
}

static void put_segments(struct core_window *w)
{
    const struct elf_segment notes = {.type = PT_NOTE, .offset = layout.notes_at,
                                      .file_size = layout.notes_size, .alignment = 4};
    struct core_segment s;
    struct core_walk walk;

    core_put(w, &notes, sizeof(notes));
    core_walk_begin(&walk, layout.kind);
    while (core_walk_next(&walk, &s)) {
        const struct elf_segment load = {
            .type = PT_LOAD,
            .flags = PF_R | (s.writable ? PF_W : 0) | (s.executable ? PF_X : 0),
            .offset = layout.pages_at + s.place * CORE_PAGE,
            .address = s.address,
            .physical = s.physical,
            .file_size = s.pages * CORE_PAGE,
            .memory_size = s.memory,
            .alignment = CORE_PAGE,
        };

        core_put(w, &load, sizeof(load));
    }
}

static void put_head(struct core_window *w)
{
    const struct elf_section section = {.info = (uint32_t)layout.segments};

    put_header(w);
    put_segments(w);
    core_put(w, &section, sizeof(section));
    core_put_notes(w);
    core_put_zeros(w, layout.pages_at - w->at);
}

/* ---- reading it ---- */

uint64_t core_size(enum core_kind kind)
{
    return look(kind) ? layout.size : GDB_FILE_LONG;
}

size_t core_read(enum core_kind kind, uint64_t offset, void *out, size_t n)
{
    struct core_window w = {.from = offset, .out = out, .size = n};
    size_t head = 0;

    if (!look(kind))
        return 0;
    if (offset < layout.pages_at) {
        head = layout.pages_at - offset < n ? layout.pages_at - offset : n;
        w.size = head;
        put_head(&w);
        offset += head;
    }
    return head + core_ram_read(offset - layout.pages_at, (uint8_t *)out + head, n - head);
}
