/* image.c: with libelf. */
#include "image.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static int by_address(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;

    return x->address < y->address ? -1 : x->address > y->address;
}

static void take_symbols(struct image *image, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t n = header->sh_size / header->sh_entsize;

    image->symbols = calloc(n, sizeof(*image->symbols));
    for (size_t i = 0; i < n; i++) {
        GElf_Sym symbol;

        gelf_getsym(data, (int)i, &symbol);
        if (symbol.st_name == 0 || GELF_ST_TYPE(symbol.st_info) >= STT_SECTION)
            continue;
        image->symbols[image->symbol_count++] = (struct symbol){
            elf_strptr(image->elf, header->sh_link, symbol.st_name), symbol.st_value,
            symbol.st_size, GELF_ST_TYPE(symbol.st_info)};
    }
    qsort(image->symbols, image->symbol_count, sizeof(*image->symbols), by_address);
}

/* A kernel that can be moved has its pointers in the relocations: put in what the linker meant. */
static void relocate(struct image *image, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);

    for (size_t i = 0; i < header->sh_size / header->sh_entsize; i++) {
        GElf_Rela relocation;
        uint8_t *word;

        gelf_getrela(data, (int)i, &relocation);
        word = image_at(image, relocation.r_offset, 8);
        if (GELF_R_TYPE(relocation.r_info) == R_X86_64_RELATIVE && word != NULL)
            memcpy(word, &relocation.r_addend, 8);
    }
}

void image_open(struct image *image, uint8_t *bytes, size_t size)
{
    *image = (struct image){.bytes = bytes, .size = size};
    elf_version(EV_CURRENT);
    image->elf = elf_memory((char *)bytes, size);
    if (image->elf == NULL || gelf_getclass(image->elf) != ELFCLASS64)
        give_up("not an ELF64 file: %s", elf_errmsg(-1));

    elf_getphdrnum(image->elf, &image->segment_count);
    image->segments = calloc(image->segment_count, sizeof(*image->segments));
    for (size_t i = 0; i < image->segment_count; i++)
        gelf_getphdr(image->elf, (int)i, &image->segments[i]);

    for (Elf_Scn *section = NULL; (section = elf_nextscn(image->elf, section)) != NULL;) {
        GElf_Shdr header;

        gelf_getshdr(section, &header);
        if (header.sh_type == SHT_SYMTAB)
            take_symbols(image, section, &header);
        if (header.sh_type == SHT_RELA && (header.sh_flags & SHF_ALLOC))
            relocate(image, section, &header);
    }
    if (image->symbol_count == 0)
        give_up("the file has no symbols");
}

void image_close(struct image *image)
{
    free(image->symbols);
    free(image->segments);
    elf_end(image->elf);
}

uint8_t *image_at(const struct image *image, uint64_t address, size_t n)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const GElf_Phdr *segment = &image->segments[i];
        uint64_t at = address - segment->p_vaddr;

        if (segment->p_type == PT_LOAD && at < segment->p_filesz && n <= segment->p_filesz - at &&
            segment->p_offset + at + n <= image->size)
            return image->bytes + segment->p_offset + at;
    }
    return NULL;
}

bool image_word(const struct image *image, uint64_t address, uint64_t *word)
{
    const uint8_t *bytes = image_at(image, address, sizeof(*word));

    if (bytes != NULL)
        memcpy(word, bytes, sizeof(*word));
    return bytes != NULL;
}

bool image_loaded(const struct image *image, uint64_t address)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const GElf_Phdr *segment = &image->segments[i];

        if (segment->p_type == PT_LOAD && address - segment->p_vaddr < segment->p_memsz)
            return true;
    }
    return false;
}

bool image_executable(const struct image *image, uint64_t address)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const GElf_Phdr *segment = &image->segments[i];

        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X) &&
            address - segment->p_vaddr < segment->p_filesz)
            return true;
    }
    return false;
}

uint8_t *image_section(const struct image *image, const char *name, size_t *size)
{
    size_t names;

    elf_getshdrstrndx(image->elf, &names);
    for (Elf_Scn *section = NULL; (section = elf_nextscn(image->elf, section)) != NULL;) {
        GElf_Shdr header;

        gelf_getshdr(section, &header);
        if (strcmp(elf_strptr(image->elf, names, header.sh_name), name) == 0) {
            *size = header.sh_size;
            return image->bytes + header.sh_offset;
        }
    }
    return NULL;
}

const struct symbol *image_symbol(const struct image *image, const char *name)
{
    for (size_t i = 0; i < image->symbol_count; i++) {
        if (strcmp(image->symbols[i].name, name) == 0)
            return &image->symbols[i];
    }
    return NULL;
}

uint64_t image_address(const struct image *image, const char *name)
{
    const struct symbol *symbol = image_symbol(image, name);

    if (symbol == NULL)
        give_up("the file has no symbol %s", name);
    return symbol->address;
}

struct range image_range(const struct image *image, const char *name)
{
    char start[80], end[80];

    snprintf(start, sizeof(start), "%s_start", name);
    snprintf(end, sizeof(end), "%s_end", name);
    return (struct range){image_address(image, start), image_address(image, end)};
}

const char *image_place(const struct image *image, uint64_t address)
{
    static char text[4][128];
    static unsigned turn;
    const struct symbol *best = NULL;
    char *out = text[turn++ % 4];

    for (size_t i = 0; i < image->symbol_count && image->symbols[i].address <= address; i++) {
        const struct symbol *symbol = &image->symbols[i];

        if (best == NULL || symbol->address > best->address || symbol->type == STT_FUNC)
            best = symbol;
    }
    if (best == NULL)
        snprintf(out, sizeof(text[0]), "0x%" PRIx64, address);
    else if (best->address == address)
        snprintf(out, sizeof(text[0]), "%s", best->name);
    else
        snprintf(out, sizeof(text[0]), "%s+0x%" PRIx64, best->name, address - best->address);
    return out;
}
