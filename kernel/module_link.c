/* module_link.c: copy and relocate (x86-64 psABI, 4.4 "Relocation"). */
#include "module_link.h"

#include <string.h>

#include "elf64.h"

/* What a relocation writes, and what has to hold for it. */
struct rule {
    uint32_t type;
    uint8_t size; /* bytes */
    bool symbol, addend, bias, relative;
    bool is_signed;
};

static const struct rule rules[] = {
    {.type = R_X86_64_64, .size = 8, .symbol = true, .addend = true},
    {.type = R_X86_64_PC64, .size = 8, .symbol = true, .addend = true, .relative = true},
    {.type = R_X86_64_GLOB_DAT, .size = 8, .symbol = true},
    {.type = R_X86_64_JUMP_SLOT, .size = 8, .symbol = true},
    {.type = R_X86_64_RELATIVE, .size = 8, .addend = true, .bias = true},
    {.type = R_X86_64_32, .size = 4, .symbol = true, .addend = true},
    {.type = R_X86_64_32S, .size = 4, .symbol = true, .addend = true, .is_signed = true},
    {.type = R_X86_64_PC32, .size = 4, .symbol = true, .addend = true, .relative = true,
     .is_signed = true},
};

static const struct rule *find_rule(uint32_t type)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (rules[i].type == type)
            return &rules[i];
    return NULL;
}

static bool defined_here(const struct module_link *link, const struct elf_symbol *symbol,
                         uint64_t *address)
{
    if (symbol->section == SHN_ABS) {
        *address = symbol->value;
        return true;
    }
    if (module_elf_segment(link->elf, symbol->value, 0) == NULL)
        return module_elf_refuse(link->elf, "symbol %.40s lies outside of it",
                                 module_elf_string(link->elf, symbol->name));
    *address = link->bias + symbol->value;
    return true;
}

static bool find_symbol(const struct module_link *link, uint32_t index, uint64_t *address)
{
    struct module_elf *elf = link->elf;
    struct elf_symbol symbol;

    if (index >= elf->symbols.size / sizeof(symbol))
        return module_elf_refuse(elf, "a relocation by symbol %u, which it does not have", index);
    memcpy(&symbol, elf->symbols.data + index * sizeof(symbol), sizeof(symbol));

    const char *name = module_elf_string(elf, symbol.name);
    unsigned type = symbol.info & 15;

    if (name == NULL)
        return module_elf_refuse(elf, "symbol %u has no name", index);
    if (type == STT_TLS || type == STT_GNU_IFUNC)
        return module_elf_refuse(elf, "symbol %.40s is of a kind that the kernel has not", name);
    if (symbol.section != SHN_UNDEF)
        return defined_here(link, &symbol, address);
    if (link->resolve(link->context, name, address))
        return true;
    *address = 0;
    return symbol.info >> 4 == STB_WEAK ||
           module_elf_refuse(elf, "unresolved symbol %.40s", name);
}

static bool fits(const struct rule *rule, uint64_t value)
{
    if (rule->size == 8)
        return true;
    return rule->is_signed ? (int64_t)value == (int32_t)value : value <= UINT32_MAX;
}

static bool relocate(const struct module_link *link, const struct elf_relocation *r)
{
    struct module_elf *elf = link->elf;
    const struct rule *rule = find_rule(r->type);
    uint64_t value = 0;

    if (rule == NULL)
        return module_elf_refuse(elf, "relocation type %u is not known", r->type);

    const struct module_segment *segment = module_elf_segment(elf, r->offset, rule->size);

    if (segment == NULL)
        return module_elf_refuse(elf, "relocation at 0x%lx lies outside of it", r->offset);
    if (!segment->write)
        return module_elf_refuse(elf, "relocation at 0x%lx in a segment that is read-only",
                                 r->offset);
    if (rule->symbol && !find_symbol(link, r->symbol, &value))
        return false;
    value += rule->addend ? (uint64_t)r->addend : 0;
    value += rule->bias ? link->bias : 0;
    value -= rule->relative ? link->bias + r->offset : 0;
    if (!fits(rule, value))
        return module_elf_refuse(elf, "relocation at 0x%lx is out of range", r->offset);
    memcpy(link->memory + (r->offset - elf->start), &value, rule->size);
    return true;
}

static bool relocate_all(const struct module_link *link, struct module_table table)
{
    struct elf_relocation r;

    for (size_t at = 0; at < table.size; at += sizeof(r)) {
        memcpy(&r, table.data + at, sizeof(r));
        if (r.type != R_X86_64_NONE && !relocate(link, &r))
            return false;
    }
    return true;
}

bool module_link(const struct module_link *link)
{
    const struct module_elf *elf = link->elf;

    memset(link->memory, 0, elf->end - elf->start);
    for (size_t i = 0; i < elf->segment_count; i++) {
        const struct module_segment *s = &elf->segments[i];

        memcpy(link->memory + (s->address - elf->start), s->data, s->file_size);
    }
    return relocate_all(link, elf->relocations) && relocate_all(link, elf->jumps);
}
