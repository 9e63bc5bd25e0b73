/*
 * test_modules.c: what the loader makes of a module's file. The files are the built ones; each
 * refusal is provoked by spoiling one number of a good file, and a mutator spoils the rest.
 */
#include "test.h"

#include "elf64.h"
#include "module_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BIAS 0xffffffffc0000000

static const char *folder;

/* A file in memory of its own, so that a read beyond its end is noticed. */
struct file {
    uint8_t *data;
    size_t size;
    struct module_elf elf;
    uint8_t *memory;
};

static struct file read_file(const char *name)
{
    char path[512];
    struct file f = {0};

    snprintf(path, sizeof(path), "%s/%s", folder, name);

    FILE *stream = fopen(path, "rb");

    if (stream == NULL)
        test_fail("%s: run make", path);
    fseek(stream, 0, SEEK_END);
    f.size = (size_t)ftell(stream);
    f.data = malloc(f.size);
    rewind(stream);
    CHECK(fread(f.data, 1, f.size, stream) == f.size);
    fclose(stream);
    return f;
}

static void forget(struct file *f)
{
    free(f->memory);
    free(f->data);
}

/* "nothing" is nobody's; what others there are is told by the length of its name. */
static bool resolve(void *context, const char *name, uint64_t *address)
{
    const char *missing = context;

    if (missing != NULL && strcmp(name, missing) == 0)
        return false;
    *address = 0xffffffff80000000 + strlen(name);
    return true;
}

static bool load_without(struct file *f, const char *missing, uint64_t bias)
{
    if (!module_elf_read(&f->elf, f->data, f->size))
        return false;
    f->memory = malloc(f->elf.end - f->elf.start);

    const struct module_link link = {.elf = &f->elf,
                                     .memory = f->memory,
                                     .bias = bias - f->elf.start,
                                     .resolve = resolve,
                                     .context = (void *)missing};

    return module_link(&link);
}

static bool load(struct file *f)
{
    return load_without(f, NULL, BIAS);
}

static void refused(struct file *f, const char *why)
{
    bool loaded = load(f);

    CHECK(!loaded, "it should be refused: %s", why);
    CHECK(strstr(f->elf.problem, why) != NULL, "\"%s\" instead of \"%s\"", f->elf.problem, why);
    forget(f);
}

static struct elf_header *header(struct file *f)
{
    return (struct elf_header *)f->data;
}

/* The nth program header of a type. */
static struct elf_segment_header *segment(struct file *f, uint32_t type, unsigned n)
{
    struct elf_segment_header *h = (void *)(f->data + header(f)->phoff);

    for (unsigned i = 0; i < header(f)->phnum; i++)
        if (h[i].type == type && n-- == 0)
            return &h[i];
    test_fail("no such program header");
}

static struct elf_dynamic *dynamic(struct file *f, int64_t tag)
{
    struct elf_dynamic *d = (void *)(f->data + segment(f, PT_DYNAMIC, 0)->offset);

    for (; d->tag != DT_NULL; d++)
        if (d->tag == tag)
            return d;
    test_fail("no such dynamic tag");
}

/* The first segment is at the file's start: what it holds lies at its address. */
static struct elf_relocation *relocation(struct file *f, uint32_t type)
{
    struct elf_relocation *r = (void *)(f->data + dynamic(f, DT_RELA)->value);

    while (r->type != type)
        r++;
    return r;
}

static uint64_t word_at(const struct file *f, uint64_t address)
{
    uint64_t word;

    memcpy(&word, f->memory + (address - f->elf.start), sizeof(word));
    return word;
}

TEST(a_module_is_read_and_linked)
{
    struct file f = read_file("ramdisk.ko");
    uint64_t address, slot;

    CHECK(load(&f), "%s", f.elf.problem);
    CHECK(f.elf.segment_count == 4 && f.elf.start == 0 && f.elf.build_id.size == 20);
    CHECK(module_elf_symbol(&f.elf, "module_header", &address));
    CHECK(word_at(&f, address) == 1, "its ABI");
    CHECK(word_at(&f, address + 8) - BIAS < f.elf.end, "its description is moved with it");
    slot = word_at(&f, relocation(&f, R_X86_64_GLOB_DAT)->offset);
    CHECK(slot - BIAS < f.elf.end, "the first slot has a symbol of its own");
    slot = word_at(&f, (relocation(&f, R_X86_64_GLOB_DAT) + 1)->offset);
    CHECK(slot - 0xffffffff80000000 < 20, "the second has one of the kernel's");
    CHECK(!module_elf_symbol(&f.elf, "ramdisk_init", &address), "what is static is its own");
    CHECK(!module_elf_symbol(&f.elf, "printk", &address), "what it only uses is not its");
    CHECK(module_elf_symbol(&f.elf, "ramdisk_write", &address));
    CHECK(module_elf_segment(&f.elf, address, 1)->execute);
    forget(&f);
}

TEST(what_a_module_needs_is_known)
{
    struct file f = read_file("disktest.ko");

    CHECK(load(&f), "%s", f.elf.problem);
    CHECK(f.elf.needed_count == 1 && strcmp(f.elf.needed[0], "ramdisk.ko") == 0);
    forget(&f);
}

TEST(sealed_pages_are_those_that_are_all_relro)
{
    struct file f = read_file("ramdisk.ko");

    CHECK(load(&f), "%s", f.elf.problem);
    CHECK(f.elf.sealed_start < f.elf.sealed_end);
    for (uint64_t at = f.elf.sealed_start; at < f.elf.sealed_end; at += 0x1000)
        CHECK(at + 0x1000 <= segment(&f, PT_GNU_RELRO, 0)->vaddr +
                                 segment(&f, PT_GNU_RELRO, 0)->memsz);
    forget(&f);
}

TEST(a_symbol_that_nobody_has_is_named)
{
    struct file f = read_file("ramdisk.ko");

    CHECK(!load_without(&f, "kcalloc", BIAS));
    CHECK(strcmp(f.elf.problem, "unresolved symbol kcalloc") == 0, "%s", f.elf.problem);
    forget(&f);
}

/* Cut at every length: what is read is refused, or all that is needed is still there. */
TEST(truncated_at_any_length)
{
    struct file whole = read_file("faulty.ko");
    unsigned refusals = 0;

    for (size_t size = 0; size < whole.size; size += size < 0x400 ? 1 : 61) {
        struct file f = {.data = malloc(size), .size = size};

        memcpy(f.data, whole.data, size);
        refusals += !load(&f);
        CHECK(f.elf.problem[0] != '\0' || size > segment(&whole, PT_LOAD, 3)->offset);
        forget(&f);
    }
    CHECK(refusals > 0x400);
    forget(&whole);
}

#define SPOILED(name, why, ...)                                                                    \
    TEST(name)                                                                                     \
    {                                                                                              \
        struct file f = read_file("ramdisk.ko");                                                   \
                                                                                                   \
        __VA_ARGS__;                                                                               \
        refused(&f, why);                                                                          \
    }

SPOILED(no_elf, "not an ELF file", f.data[0] = 0)
SPOILED(another_machine, "for another machine", header(&f)->machine = 183)
SPOILED(another_class, "for another machine", f.data[EI_CLASS] = 1)
SPOILED(another_byte_order, "for another machine", f.data[EI_DATA] = 2)
SPOILED(a_program, "not a shared object", header(&f)->type = 2)
SPOILED(an_object, "not a shared object", header(&f)->type = 1)
SPOILED(odd_program_headers, "nobody knows", header(&f)->phentsize = 55)
SPOILED(program_headers_beyond_the_end, "cut off", header(&f)->phoff = f.size - 8)
SPOILED(program_headers_that_wrap, "cut off", header(&f)->phoff = -64)
SPOILED(no_segments, "nothing in it", header(&f)->phnum = 0)
SPOILED(a_segment_beyond_the_file, "cut off", segment(&f, PT_LOAD, 1)->offset = f.size)
SPOILED(a_segment_that_wraps_in_the_file, "cut off", segment(&f, PT_LOAD, 1)->offset = -1)
SPOILED(more_in_the_file, "more of the segment", segment(&f, PT_LOAD, 1)->memsz = 1)
SPOILED(a_large_segment, "beyond 16 MiB", segment(&f, PT_LOAD, 3)->memsz = 1ull << 40)
SPOILED(a_segment_that_wraps, "beyond 16 MiB", segment(&f, PT_LOAD, 3)->vaddr = -0x1000)
SPOILED(overlapping_segments, "overlaps", segment(&f, PT_LOAD, 2)->vaddr = 0x1800)
SPOILED(segments_that_share_a_page, "overlaps", segment(&f, PT_LOAD, 2)->vaddr -= 0x1000)
SPOILED(segments_out_of_order, "overlaps", segment(&f, PT_LOAD, 2)->vaddr = 0)
SPOILED(writable_code, "both writable and executable", segment(&f, PT_LOAD, 1)->flags |= PF_W)
SPOILED(an_interpreter, "a program, not", segment(&f, PT_NOTE, 0)->type = PT_INTERP)
SPOILED(thread_local_data, "thread-local", segment(&f, PT_NOTE, 0)->type = PT_TLS)
SPOILED(no_dynamic_section, "no dynamic section", segment(&f, PT_DYNAMIC, 0)->type = 0)
SPOILED(endless_dynamic_section, "does not end", segment(&f, PT_DYNAMIC, 0)->filesz = 32)
SPOILED(dynamic_section_beyond_the_file, "cut off", segment(&f, PT_DYNAMIC, 0)->offset = -16)
SPOILED(no_names, "no table of names", dynamic(&f, DT_STRTAB)->tag = 100)
SPOILED(names_elsewhere, "outside of the file", dynamic(&f, DT_STRTAB)->value = 0x800000)
SPOILED(too_many_names, "outside of the file", dynamic(&f, DT_STRSZ)->value = -1)
SPOILED(names_without_an_end, "does not end", dynamic(&f, DT_STRSZ)->value -= 1)
SPOILED(no_hash, "with a DT_HASH", dynamic(&f, DT_HASH)->tag = 100)
SPOILED(many_symbols, "outside of the file",
        memset(f.data + dynamic(&f, DT_HASH)->value + 4, 0xff, 4))
SPOILED(odd_symbols, "nobody knows", dynamic(&f, DT_SYMENT)->value = 16)
SPOILED(odd_relocations, "does not have", dynamic(&f, DT_RELAENT)->value = 16)
SPOILED(half_a_relocation, "half a relocation", dynamic(&f, DT_RELASZ)->value += 8)
SPOILED(relocations_elsewhere, "outside of the file", dynamic(&f, DT_RELA)->value = 0x1000000)
SPOILED(relocated_code, "-fPIC", dynamic(&f, DT_RELAENT)->tag = DT_TEXTREL)
SPOILED(packed_relocations, "packed", dynamic(&f, DT_RELAENT)->tag = DT_RELR)
SPOILED(an_unknown_relocation, "type 99", relocation(&f, R_X86_64_GLOB_DAT)->type = 99)
SPOILED(a_relocation_elsewhere, "lies outside of it",
        relocation(&f, R_X86_64_RELATIVE)->offset = 0x100000)
SPOILED(a_relocation_that_wraps, "lies outside of it",
        relocation(&f, R_X86_64_RELATIVE)->offset = -4)
SPOILED(a_relocation_of_code, "read-only", relocation(&f, R_X86_64_RELATIVE)->offset = 0x1000)
SPOILED(a_relocation_without_symbol, "which it does not have",
        relocation(&f, R_X86_64_GLOB_DAT)->symbol = 1000)

/* 32 bits reach the kernel from the top of the address space, and nothing else. */
static void narrow(const char *name, uint32_t type, int64_t addend, const char *why)
{
    struct file f = read_file(name);
    struct elf_relocation *r = relocation(&f, R_X86_64_GLOB_DAT);

    r->type = type;
    r->addend = addend;
    if (why != NULL) {
        refused(&f, why);
        return;
    }
    CHECK(load(&f), "%s", f.elf.problem);
    forget(&f);
}

TEST(relocations_of_32_bits)
{
    narrow("faulty.ko", R_X86_64_32S, 0, NULL);
    narrow("faulty.ko", R_X86_64_32, 0, "out of range");
    narrow("faulty.ko", R_X86_64_32S, -0x1000, "out of range");
    narrow("faulty.ko", R_X86_64_PC32, 0, NULL);
    narrow("faulty.ko", R_X86_64_PC32, -0x50000000, "out of range");
    narrow("faulty.ko", R_X86_64_PC64, -0x50000000, NULL);
    narrow("faulty.ko", R_X86_64_NONE, 0, NULL);
}

TEST(names_from_the_file_do_not_reach_the_terminal)
{
    struct file f = read_file("ramdisk.ko");
    char *names = (char *)f.data + dynamic(&f, DT_STRTAB)->value;

    for (size_t i = 0; i + 7 < dynamic(&f, DT_STRSZ)->value; i++)
        if (strcmp(names + i, "kcalloc") == 0)
            memcpy(names + i, "\33[2J\n\xff", 7);
    CHECK(!load_without(&f, "\33[2J\n\xff", BIAS));
    CHECK(strcmp(f.elf.problem, "unresolved symbol ?[2J??") == 0, "%s", f.elf.problem);
    forget(&f);
}

/* ---- everything else that can be wrong with a file ---- */

static uint64_t random_state = 0x7261706c696e6521;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32) % limit;
}

/* Most of it hits the headers and tables: the code means nothing to the loader. */
static void spoil(struct file *f)
{
    static const uint64_t interesting[] = {0, 1, 0x7f, 0xfff, 0x1000, 0x7fffffff, 0xffffffff,
                                           INT64_MAX, UINT64_MAX, UINT64_MAX - 0xfff};
    uint32_t dynamic_at = (uint32_t)segment(f, PT_DYNAMIC, 0)->offset;

    for (unsigned i = 0; i <= random_below(4); i++) {
        uint32_t at = random_below(2) ? random_below(0x500) : dynamic_at + random_below(0x140);
        uint64_t value = interesting[random_below(10)] + random_below(3);

        if (random_below(3) == 0)
            f->data[at] ^= 1u << random_below(8);
        else
            memcpy(f->data + (at & ~7u), &value, 1u << random_below(4));
    }
}

TEST(spoiled_files_are_refused_or_linked_within_their_memory)
{
    static const char *const names[] = {"ramdisk.ko", "disktest.ko", "faulty.ko"};
    unsigned refusals = 0, links = 0;

    for (unsigned i = 0; i < 3; i++) {
        struct file whole = read_file(names[i]);

        for (unsigned round = 0; round < 4000; round++) {
            struct file f = {.data = malloc(whole.size), .size = whole.size};

            memcpy(f.data, whole.data, whole.size);
            spoil(&f);
            bool loaded = load(&f);

            CHECK(loaded || f.elf.problem[0] != '\0', "refused without a reason");
            refusals += !loaded;
            links += loaded;
            forget(&f);
        }
        forget(&whole);
    }
    CHECK(refusals > 1000 && links > 1000, "%u refused, %u linked", refusals, links);
}

int main(int count, char **arguments)
{
    if (count != 2)
        return 2;
    folder = arguments[1];
    return test_main();
}
