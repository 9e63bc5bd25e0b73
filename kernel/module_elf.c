/* module_elf.c: headers, segments and names of a module's file. Not a number in it is believed. */
#include "module_elf.h"

#include <stdarg.h>
#include <string.h>

#include "elf64.h"
#include "format.h"
#include "mm/layout.h"
#include "module_dynamic.h"

bool module_elf_refuse(struct module_elf *elf, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    format_text(elf->problem, sizeof(elf->problem), format, arguments);
    va_end(arguments);
    for (char *c = elf->problem; *c != '\0'; c++) /* names in it are the file's */
        if (*c < ' ' || *c > '~')
            *c = '?';
    return false;
}

static uint64_t page_down(uint64_t address)
{
    return address & ~(uint64_t)(PAGE_SIZE - 1);
}

static uint64_t page_up(uint64_t address)
{
    return page_down(address + PAGE_SIZE - 1);
}

static bool in_file(const struct module_elf *elf, uint64_t offset, uint64_t size)
{
    return offset <= elf->size && size <= elf->size - offset;
}

static bool check_header(struct module_elf *elf, struct elf_header *header)
{
    if (elf->size < sizeof(*header))
        return module_elf_refuse(elf, "too short for an ELF header");
    memcpy(header, elf->file, sizeof(*header));
    if (memcmp(header->ident, "\177ELF", 4) != 0)
        return module_elf_refuse(elf, "not an ELF file");
    if (header->ident[EI_CLASS] != ELFCLASS64 || header->ident[EI_DATA] != ELFDATA2LSB ||
        header->machine != EM_X86_64)
        return module_elf_refuse(elf, "built for another machine, not for x86-64");
    if (header->type != ET_DYN)
        return module_elf_refuse(elf, "not a shared object");
    if (header->phentsize != sizeof(struct elf_segment_header))
        return module_elf_refuse(elf, "program headers of a size that nobody knows");
    if (!in_file(elf, header->phoff, header->phnum * sizeof(struct elf_segment_header)))
        return module_elf_refuse(elf, "its program headers are cut off");
    return true;
}

static bool check_segment(struct module_elf *elf, const struct elf_segment_header *h)
{
    if (elf->segment_count == MODULE_SEGMENTS_MAX)
        return module_elf_refuse(elf, "more than %u segments", MODULE_SEGMENTS_MAX);
    if (!in_file(elf, h->offset, h->filesz))
        return module_elf_refuse(elf, "the segment at 0x%lx is cut off", h->vaddr);
    if (h->filesz > h->memsz)
        return module_elf_refuse(elf, "more of the segment at 0x%lx in the file than in memory",
                                 h->vaddr);
    if (h->vaddr > MODULE_SPAN_MAX || h->memsz > MODULE_SPAN_MAX - h->vaddr)
        return module_elf_refuse(elf, "the segment at 0x%lx ends beyond 16 MiB", h->vaddr);
    if (elf->segment_count > 0 && page_down(h->vaddr) < elf->end)
        return module_elf_refuse(elf, "the segment at 0x%lx overlaps the one before it", h->vaddr);
    if ((h->flags & PF_W) && (h->flags & PF_X))
        return module_elf_refuse(elf, "the segment at 0x%lx is both writable and executable",
                                 h->vaddr);
    return true;
}

static bool add_segment(struct module_elf *elf, const struct elf_segment_header *h)
{
    if (h->memsz == 0)
        return true;
    if (!check_segment(elf, h))
        return false;
    if (elf->segment_count == 0)
        elf->start = page_down(h->vaddr);
    elf->end = page_up(h->vaddr + h->memsz);
    elf->segments[elf->segment_count++] = (struct module_segment){
        .address = h->vaddr,
        .file_size = h->filesz,
        .memory_size = h->memsz,
        .data = elf->file + h->offset,
        .write = h->flags & PF_W,
        .execute = h->flags & PF_X,
    };
    return true;
}

/* Only whole pages can be sealed: what begins or ends in the middle of one leaves it open. */
static void seal(struct module_elf *elf, const struct elf_segment_header *h)
{
    const struct module_segment *segment = module_elf_segment(elf, h->vaddr, h->memsz);

    if (segment == NULL || !segment->write)
        return;
    elf->sealed_start = page_down(segment->address) == page_down(h->vaddr) ? page_down(h->vaddr)
                                                                           : page_up(h->vaddr);
    elf->sealed_end = page_down(h->vaddr + h->memsz);
    if (elf->sealed_end < elf->sealed_start)
        elf->sealed_end = elf->sealed_start;
}

/* A note that is not as it should be is no build-id. */
static void read_note(struct module_elf *elf, const struct elf_segment_header *h)
{
    struct elf_note note;

    if (!in_file(elf, h->offset, h->filesz) || h->filesz < sizeof(note) + 4)
        return;

    const uint8_t *name = elf->file + h->offset + sizeof(note);

    memcpy(&note, elf->file + h->offset, sizeof(note));
    if (note.type != NT_GNU_BUILD_ID || note.name_size != 4 || memcmp(name, "GNU", 4) != 0 ||
        note.value_size > h->filesz - sizeof(note) - 4)
        return;
    elf->build_id = (struct module_table){name + 4, note.value_size};
}

static bool read_segment(struct module_elf *elf, const struct elf_segment_header *h)
{
    switch (h->type) {
    case PT_LOAD:
        return add_segment(elf, h);
    case PT_GNU_RELRO:
        seal(elf, h);
        return true;
    case PT_NOTE:
        if (elf->build_id.data == NULL)
            read_note(elf, h);
        return true;
    case PT_DYNAMIC:
        if (!in_file(elf, h->offset, h->filesz))
            return module_elf_refuse(elf, "its dynamic section is cut off");
        return module_dynamic_read(elf, elf->file + h->offset, h->filesz);
    case PT_INTERP:
        return module_elf_refuse(elf, "a program, not a module");
    case PT_TLS:
        return module_elf_refuse(elf, "it has thread-local data");
    default:
        return true;
    }
}

/* Twice through the headers: what the others say is checked against the PT_LOADs. */
static bool read_segments(struct module_elf *elf, const struct elf_header *header, bool loads)
{
    for (unsigned i = 0; i < header->phnum; i++) {
        struct elf_segment_header h;

        memcpy(&h, elf->file + header->phoff + i * sizeof(h), sizeof(h));
        if ((h.type == PT_LOAD) == loads && !read_segment(elf, &h))
            return false;
    }
    return true;
}

bool module_elf_read(struct module_elf *elf, const void *file, size_t size)
{
    struct elf_header header;

    *elf = (struct module_elf){.file = file, .size = size};
    if (!check_header(elf, &header) || !read_segments(elf, &header, true))
        return false;
    if (elf->segment_count == 0)
        return module_elf_refuse(elf, "nothing in it is to be loaded");
    if (!read_segments(elf, &header, false))
        return false;
    if (elf->symbols.data == NULL)
        return module_elf_refuse(elf, "it has no dynamic section");
    return true;
}

const struct module_segment *module_elf_segment(const struct module_elf *elf, uint64_t address,
                                                uint64_t size)
{
    for (size_t i = 0; i < elf->segment_count; i++) {
        const struct module_segment *s = &elf->segments[i];

        if (address >= s->address && address - s->address <= s->memory_size &&
            size <= s->memory_size - (address - s->address))
            return s;
    }
    return NULL;
}

const char *module_elf_string(const struct module_elf *elf, uint64_t offset)
{
    return offset < elf->strings.size ? (const char *)elf->strings.data + offset : NULL;
}

bool module_elf_symbol(const struct module_elf *elf, const char *name, uint64_t *address)
{
    struct elf_symbol symbol;

    for (size_t at = 0; at < elf->symbols.size; at += sizeof(symbol)) {
        memcpy(&symbol, elf->symbols.data + at, sizeof(symbol));

        const char *its_name = module_elf_string(elf, symbol.name);

        if (symbol.section == SHN_UNDEF || its_name == NULL || strcmp(its_name, name) != 0 ||
            module_elf_segment(elf, symbol.value, symbol.size) == NULL)
            continue;
        *address = symbol.value;
        return true;
    }
    return false;
}
