/* module_check.c: see module_check.h. */
#include "module_check.h"

static bool is_code(const struct module *m, const void *function)
{
    uint64_t bias = m->start - m->elf.start;
    const struct module_segment *s =
        module_elf_segment(&m->elf, (uint64_t)function - bias, 1);

    return s != NULL && s->execute;
}

/* It ends in the segment that it begins in: a relocation may have made it point anywhere. */
static bool is_text(const struct module *m, const char *text)
{
    uint64_t address = (uint64_t)text - (m->start - m->elf.start);
    const struct module_segment *s = module_elf_segment(&m->elf, address, 1);

    if (s == NULL)
        return false;
    for (uint64_t left = s->memory_size - (address - s->address); left > 0; left--)
        if (*text++ == '\0')
            return true;
    return false;
}

bool module_check_header(struct module *m)
{
    uint64_t bias = m->start - m->elf.start, address;

    if (!module_elf_symbol(&m->elf, MODULE_HEADER_NAME, &address) ||
        module_elf_segment(&m->elf, address, sizeof(*m->header)) == NULL)
        return module_elf_refuse(&m->elf, "it has no MODULE()");
    m->header = (const struct module_header *)(bias + address);
    if (m->header->abi != MODULE_ABI)
        return module_elf_refuse(&m->elf, "built for modules of version %u, the kernel has %u",
                                 m->header->abi, MODULE_ABI);
    if (!is_text(m, m->header->description))
        return module_elf_refuse(&m->elf, "its description lies outside of it");
    if (!is_code(m, (void *)m->header->init) ||
        (m->header->exit != NULL && !is_code(m, (void *)m->header->exit)))
        return module_elf_refuse(&m->elf, "its init or exit is no code of its own");
    return true;
}
