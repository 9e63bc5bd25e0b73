/* module_dynamic.c: tags and values (System V gABI, chapter 5, "Dynamic Section"). */
#include "module_dynamic.h"

#include <string.h>

#include "elf64.h"

struct dynamic {
    uint64_t values[DT_TAGS];
    bool has[DT_TAGS];
    uint64_t needed[MODULE_NEEDED_MAX]; /* offsets of names */
};

static bool collect(struct module_elf *elf, struct dynamic *d, struct module_table section)
{
    struct elf_dynamic entry;

    for (size_t at = 0; section.size - at >= sizeof(entry); at += sizeof(entry)) {
        memcpy(&entry, section.data + at, sizeof(entry));
        if (entry.tag == DT_NULL)
            return true;
        if (entry.tag < 0 || entry.tag >= DT_TAGS)
            continue;
        if (entry.tag == DT_NEEDED) {
            if (elf->needed_count == MODULE_NEEDED_MAX)
                return module_elf_refuse(elf, "it depends on more than %u modules",
                                         MODULE_NEEDED_MAX);
            d->needed[elf->needed_count++] = entry.value;
        }
        d->values[entry.tag] = entry.value;
        d->has[entry.tag] = true;
    }
    return module_elf_refuse(elf, "its dynamic section does not end");
}

/* What of the file is loaded at a linked address. */
static bool find(struct module_elf *elf, uint64_t address, uint64_t size, struct module_table *out)
{
    const struct module_segment *s = module_elf_segment(elf, address, size);

    if (s == NULL || size > s->file_size || address - s->address > s->file_size - size)
        return module_elf_refuse(elf, "its table at 0x%lx lies outside of the file", address);
    *out = (struct module_table){s->data + (address - s->address), size};
    return true;
}

static bool find_strings(struct module_elf *elf, const struct dynamic *d)
{
    if (!d->has[DT_STRTAB] || !d->has[DT_STRSZ] || d->values[DT_STRSZ] == 0)
        return module_elf_refuse(elf, "it has no table of names");
    if (!find(elf, d->values[DT_STRTAB], d->values[DT_STRSZ], &elf->strings))
        return false;
    if (elf->strings.data[elf->strings.size - 1] != '\0')
        return module_elf_refuse(elf, "its table of names does not end");
    return true;
}

/* The dynamic section does not say how many symbols there are; the hash table does. */
static bool find_symbols(struct module_elf *elf, const struct dynamic *d)
{
    struct module_table hash;
    uint32_t words[2]; /* buckets, and chains: one for each symbol */

    if (!d->has[DT_SYMTAB] || !d->has[DT_HASH])
        return module_elf_refuse(elf, "it has no table of symbols with a DT_HASH");
    if (d->has[DT_SYMENT] && d->values[DT_SYMENT] != sizeof(struct elf_symbol))
        return module_elf_refuse(elf, "symbols of a size that nobody knows");
    if (!find(elf, d->values[DT_HASH], sizeof(words), &hash))
        return false;
    memcpy(words, hash.data, sizeof(words));
    return find(elf, d->values[DT_SYMTAB], words[1] * sizeof(struct elf_symbol), &elf->symbols);
}

static bool find_relocations(struct module_elf *elf, const struct dynamic *d)
{
    if (d->has[DT_REL] || (d->has[DT_PLTREL] && d->values[DT_PLTREL] != DT_RELA) ||
        (d->has[DT_RELAENT] && d->values[DT_RELAENT] != sizeof(struct elf_relocation)))
        return module_elf_refuse(elf, "relocations of a form that x86-64 does not have");
    if (d->has[DT_RELR] || d->has[DT_INIT_ARRAY])
        return module_elf_refuse(elf, "packed relocations, or constructors: neither is supported");
    if (d->has[DT_TEXTREL])
        return module_elf_refuse(elf, "it wants its code to be relocated: build it with -fPIC");
    if (d->values[DT_RELASZ] % sizeof(struct elf_relocation) != 0 ||
        d->values[DT_PLTRELSZ] % sizeof(struct elf_relocation) != 0)
        return module_elf_refuse(elf, "half a relocation at the end of the table");
    if (d->has[DT_RELA] &&
        !find(elf, d->values[DT_RELA], d->values[DT_RELASZ], &elf->relocations))
        return false;
    return !d->has[DT_JMPREL] ||
           find(elf, d->values[DT_JMPREL], d->values[DT_PLTRELSZ], &elf->jumps);
}

static bool find_needed(struct module_elf *elf, const struct dynamic *d)
{
    for (size_t i = 0; i < elf->needed_count; i++) {
        elf->needed[i] = module_elf_string(elf, d->needed[i]);
        if (elf->needed[i] == NULL)
            return module_elf_refuse(elf, "the name of a module that it depends on is missing");
    }
    return true;
}

bool module_dynamic_read(struct module_elf *elf, const uint8_t *data, size_t size)
{
    struct dynamic d = {0};

    if (elf->symbols.data != NULL)
        return module_elf_refuse(elf, "it has two dynamic sections");
    return collect(elf, &d, (struct module_table){data, size}) && find_strings(elf, &d) &&
           find_symbols(elf, &d) && find_relocations(elf, &d) && find_needed(elf, &d);
}
