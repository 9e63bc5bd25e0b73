/* test_kernel_elf.c: executables as linkers make them, and as nobody should. */
#include "kernel_host.h"
#include "test.h"

#include "elf_load.h"

#include <elf.h>
#include <string.h>

#define LOW  0x10000ull
#define HIGH 0x7ffffffff000ull

static struct {
    Elf64_Ehdr header;
    Elf64_Phdr text, data;
    uint8_t bytes[0x1000];
} file;
static struct elf_image image;

static void make(void)
{
    memset(&file, 0, sizeof(file));
    memcpy(file.header.e_ident, ELFMAG, SELFMAG);
    file.header.e_ident[EI_CLASS] = ELFCLASS64;
    file.header.e_ident[EI_DATA] = ELFDATA2LSB;
    file.header.e_type = ET_EXEC;
    file.header.e_machine = EM_X86_64;
    file.header.e_phentsize = sizeof(Elf64_Phdr);
    file.header.e_phoff = sizeof(file.header);
    file.header.e_phnum = 2;
    file.header.e_entry = 0x401004;
    file.text = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = 0x200,
                             .p_vaddr = 0x401000, .p_filesz = 0x123, .p_memsz = 0x123};
    file.data = (Elf64_Phdr){.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = 0x400,
                             .p_vaddr = 0x402800, .p_filesz = 0x10, .p_memsz = 0x2000};
}

static const char *read_file(size_t size)
{
    return elf_read(&image, &file, size, LOW, HIGH);
}

TEST(elf_segments_are_whole_pages_around_the_bytes)
{
    make();
    CHECK(read_file(sizeof(file)) == NULL && image.count == 2 && image.entry == 0x401004);

    struct elf_segment *text = &image.segments[0], *data = &image.segments[1];

    CHECK(text->start == 0x401000 && text->end == 0x402000 && text->execute && !text->write);
    CHECK(text->data == (uint8_t *)&file + 0x200 && text->data_end - text->data_start == 0x123);
    CHECK(data->start == 0x402000 && data->end == 0x405000 && data->write && !data->execute);
    CHECK(data->data_start == 0x402800 && data->data_end == 0x402810);
}

#define REFUSED(change, words)                                                                     \
    do {                                                                                           \
        make();                                                                                    \
        change;                                                                                    \
        const char *problem = read_file(sizeof(file));                                             \
        CHECK(problem != NULL && strstr(problem, words), "%s", problem ? problem : "taken");       \
    } while (0)

TEST(elf_files_that_are_refused_and_why)
{
    REFUSED(file.header.e_ident[1] = 'F', "not an ELF");
    REFUSED(file.header.e_machine = EM_AARCH64, "x86-64");
    REFUSED(file.header.e_ident[EI_CLASS] = ELFCLASS32, "x86-64");
    REFUSED(file.header.e_type = ET_DYN, "static");
    REFUSED(file.header.e_phentsize = 32, "size");
    REFUSED(file.header.e_phoff = ~0ull, "cut off");
    REFUSED(file.header.e_phnum = 0xffff, "cut off");
    REFUSED(file.header.e_entry = 0x402800, "entry point");
    REFUSED(file.header.e_entry = 0x401123, "entry point");
    REFUSED(file.header.e_phnum = 0, "entry point");
    REFUSED(file.text.p_offset = sizeof(file) - 1, "cut off");
    REFUSED(file.text.p_offset = ~0ull, "cut off");
    REFUSED(file.data.p_filesz = 0x3000, "more in the file");
    REFUSED(file.data.p_memsz = HIGH, "outside");
    REFUSED(file.data.p_vaddr = 0xffffffff80100000, "outside");
    REFUSED(file.text.p_vaddr = 0, "outside");
    REFUSED(file.data.p_vaddr = 0x401800, "overlap");
    REFUSED(file.data.p_flags |= PF_X, "writable and executable");
    REFUSED(file.data.p_type = PT_INTERP, "dynamically");
}

TEST(elf_files_cut_anywhere_and_spoiled_anywhere_do_no_harm)
{
    make();
    for (size_t size = 0; size < sizeof(file.header) + 2 * sizeof(Elf64_Phdr) + 0x200; size++)
        CHECK(read_file(size) != NULL, "taken at %zu", size);
    for (unsigned round = 0; round < 50000; round++) {
        make();
        for (unsigned n = 1 + host_random(4); n > 0; n--) {
            size_t at = host_random(sizeof(file.header) + 2 * sizeof(Elf64_Phdr));

            ((uint8_t *)&file)[at] = (uint8_t)host_random(256);
        }
        if (read_file(sizeof(file)) != NULL)
            continue;
        for (size_t i = 0; i < image.count; i++) {
            struct elf_segment *s = &image.segments[i];

            CHECK(LOW <= s->start && s->start <= s->data_start && s->data_end <= s->end &&
                  s->end <= HIGH);
            CHECK(s->data >= (uint8_t *)&file && s->data + (s->data_end - s->data_start) <=
                  (uint8_t *)(&file + 1));
        }
    }
}
