/* test_symbols.c: the table of symbols in the built kernel, against the kernel's ELF; and spoiled. */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbol_table.h"
#include "test.h"

static uint8_t *file;
static struct symbol_table table;
static uint64_t base;

static const Elf64_Shdr *section(unsigned n)
{
    return (const Elf64_Shdr *)(file + ((const Elf64_Ehdr *)file)->e_shoff) + n;
}

static const Elf64_Shdr *symbols(size_t *count)
{
    for (unsigned i = 0; i < ((const Elf64_Ehdr *)file)->e_shnum; i++) {
        if (section(i)->sh_type == SHT_SYMTAB) {
            *count = section(i)->sh_size / sizeof(Elf64_Sym);
            return section(i);
        }
    }
    abort();
}

static const char *name_of(const Elf64_Shdr *in, const Elf64_Sym *s)
{
    return (const char *)file + section(in->sh_link)->sh_offset + s->st_name;
}

/* The nth symbol that the table is to have; NULL: not that one. */
static const Elf64_Sym *wanted(const Elf64_Shdr *in, size_t n, const char **name)
{
    const Elf64_Sym *s = (const Elf64_Sym *)(file + in->sh_offset) + n;
    unsigned type = ELF64_ST_TYPE(s->st_info);

    *name = name_of(in, s);
    if ((type != STT_FUNC && type != STT_OBJECT) || s->st_shndx == SHN_UNDEF ||
        s->st_shndx >= SHN_LORESERVE || strlen(*name) >= SYMBOL_NAME_MAX || s->st_value < base)
        return NULL;
    return s;
}

static uint64_t value_of(const char *name)
{
    size_t count;
    const Elf64_Shdr *in = symbols(&count);
    const Elf64_Sym *s = (const Elf64_Sym *)(file + in->sh_offset);

    for (size_t i = 0; i < count; i++)
        if (strcmp(name_of(in, &s[i]), name) == 0)
            return s[i].st_value;
    fprintf(stderr, "no symbol %s\n", name);
    abort();
}

static void *bytes_at(uint64_t address)
{
    for (unsigned i = 0; i < ((const Elf64_Ehdr *)file)->e_shnum; i++)
        if (section(i)->sh_type == SHT_PROGBITS && (section(i)->sh_flags & SHF_ALLOC) &&
            address - section(i)->sh_addr < section(i)->sh_size)
            return file + section(i)->sh_offset + (address - section(i)->sh_addr);
    abort();
}

/* Its start or an alias there; and that name leads back to it. */
TEST(symbols_of_the_kernel_are_found_by_their_addresses)
{
    size_t count, tried = 0;
    const Elf64_Shdr *in = symbols(&count);
    char name[SYMBOL_NAME_MAX];
    uint64_t start;

    for (size_t i = 0; i < count; i++) {
        const char *its_name;
        const Elf64_Sym *s = wanted(in, i, &its_name);

        if (!s || s->st_size == 0)
            continue;
        tried++;
        CHECK(symbol_table_find(&table, s->st_value - base, &start, name), "%s", its_name);
        CHECK(start == s->st_value - base, "%s: %s", its_name, name);
        CHECK(value_of(name) == s->st_value || start + base == s->st_value, "%s", name);
        CHECK(symbol_table_find(&table, s->st_value + s->st_size - 1 - base, &start, name));
        CHECK(start >= s->st_value - base, "%s: its last byte is in %s", its_name, name);
    }
    CHECK(tried > 1000, "%zu", tried);
}

TEST(symbols_of_the_kernel_are_found_by_their_names)
{
    size_t count;
    const Elf64_Shdr *in = symbols(&count);
    uint64_t offset;

    for (size_t i = 0; i < count; i++) {
        const char *name;
        const Elf64_Sym *s = wanted(in, i, &name);

        if (!s)
            continue;
        CHECK(symbol_table_named(&table, name, &offset), "%s", name);
        if (ELF64_ST_BIND(s->st_info) == STB_GLOBAL) /* names of static ones may be shared */
            CHECK(offset == s->st_value - base, "%s", name);
    }
    CHECK(!symbol_table_named(&table, "", &offset));
    CHECK(!symbol_table_named(&table, "no_such_symbol", &offset));
}

TEST(symbols_that_are_not_there_are_not_found)
{
    char name[SYMBOL_NAME_MAX];
    uint64_t start;

    CHECK(!symbol_table_find(&table, value_of("__kernel_end") + 0x10000 - base, &start, name),
          "%s", name);
    CHECK(!symbol_table_find(&table, UINT64_MAX, &start, name));
}

TEST(symbols_of_no_table_or_half_of_one_are_refused)
{
    struct symbol_table half = table;
    uint64_t other = 0;

    CHECK(symbol_table_good(&table, &other) && other == value_of("__kernel_start"));
    half.size = 16;
    CHECK(!symbol_table_good(&half, &other));
    half.data = NULL;
    CHECK(!symbol_table_good(&half, &other));
}

/* Whatever is in it, nothing beyond it is read: the copy ends where its memory does. */
TEST(symbols_of_a_spoiled_table_do_no_harm)
{
    char name[SYMBOL_NAME_MAX];
    uint64_t at;

    srand(1);
    for (unsigned round = 0; round < 400; round++) {
        size_t size = round % 2 ? table.size : (size_t)rand() % table.size;
        uint8_t *copy = malloc(size);
        struct symbol_table spoiled = {copy, size};

        memcpy(copy, table.data, size);
        for (unsigned i = 0; size && i < 200; i++)
            copy[size > 80 ? (i % 4 ? 40 : 0) + (size_t)rand() % (size - 40)
                           : (size_t)rand() % size] = (uint8_t)rand();
        if (round % 4 == 1)
            memcpy(copy, table.data, 40); /* the header is good */
        if (symbol_table_good(&spoiled, &at)) {
            symbol_table_named(&spoiled, "demo_hot", &at);
            for (unsigned i = 0; i < 50; i++)
                symbol_table_find(&spoiled, (uint64_t)rand() % 0x200000, &at, name);
        }
        free(copy);
    }
}

int main(int argc, char **argv)
{
    FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;

    if (!f || fseek(f, 0, SEEK_END) != 0)
        return 2;
    size_t size = (size_t)ftell(f);
    file = malloc(size);
    rewind(f);
    if (fread(file, 1, size, f) != size)
        return 2;
    fclose(f);
    base = value_of("__kernel_start");
    table.data = bytes_at(value_of("__debugger_symbols_start"));
    table.size = value_of("__debugger_symbols_end") - value_of("__debugger_symbols_start");

    int failed = test_main();

    free(file);
    return failed;
}
