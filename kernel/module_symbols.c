/* module_symbols.c: the section headers of a module's file, for its .symtab: module_elf.h. */
#include <string.h>

#include "elf64.h"
#include "module_elf.h"

static bool read_section(const struct module_elf *elf, unsigned n, struct elf_section_header *h)
{
    struct elf_header header;

    memcpy(&header, elf->file, sizeof(header));
    if (n >= header.shnum || header.shoff > elf->size ||
        elf->size - header.shoff < (n + 1) * sizeof(*h))
        return false;
    memcpy(h, elf->file + header.shoff + n * sizeof(*h), sizeof(*h));
    return h->offset <= elf->size && h->size <= elf->size - h->offset;
}

static struct module_table contents(const struct module_elf *elf,
                                    const struct elf_section_header *h)
{
    return (struct module_table){elf->file + h->offset, h->size};
}

bool module_elf_all_symbols(const struct module_elf *elf, struct module_table *symbols,
                            struct module_table *strings)
{
    struct elf_section_header h, names;

    for (unsigned n = 0; read_section(elf, n, &h); n++) {
        if (h.type != SHT_SYMTAB || !read_section(elf, h.link, &names))
            continue;
        *symbols = contents(elf, &h);
        *strings = contents(elf, &names);
        return true;
    }
    return false;
}
