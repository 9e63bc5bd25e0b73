/* test_kernel_boot.c: what boot loaders say, well said and badly said. */
#include "kernel_host.h"
#include "test.h"

#include "mm/layout.h"

#include <string.h>

#define INFO 0x5000 /* where the loader left its structure */

static struct boot_info boot;

static void put32(uint64_t at, uint32_t value)
{
    memcpy(host_memory + at, &value, sizeof(value));
}

static void put64(uint64_t at, uint64_t value)
{
    memcpy(host_memory + at, &value, sizeof(value));
}

static void put_text(uint64_t at, const char *text)
{
    memcpy(host_memory + at, text, strlen(text) + 1);
}

static void clear(void)
{
    memset(host_memory, 0, 0x20000);
    memset(&boot, 0, sizeof(boot));
}

/* Xen, public/arch-x86/hvm/start_info.h. */
static void put_pvh(uint32_t entries)
{
    clear();
    put32(INFO, 0x336ec578);
    put32(INFO + 4, 1);
    put32(INFO + 12, 1);
    put64(INFO + 16, 0x6000);
    put64(INFO + 24, 0x7000);
    put64(INFO + 40, 0x8000);
    put32(INFO + 48, entries);
    put64(0x6000, 0x123000);
    put64(0x6008, 0x456);
    put_text(0x7000, "gdb=off quiet");
    for (uint32_t i = 0; i < entries; i++) {
        put64(0x8000 + i * 24, i * 0x1000);
        put64(0x8008 + i * 24, 0x800);
        put32(0x8010 + i * 24, i);
    }
}

TEST(pvh_is_read)
{
    put_pvh(7);
    pvh_read(&boot, INFO);
    CHECK(strcmp(boot.command_line, "gdb=off quiet") == 0 && !boot.command_line_cut);
    CHECK(boot.initrd_start == 0x123000 && boot.initrd_end == 0x123456);
    CHECK(boot.memory_count == 7 && boot.memory_lost == 0);
    CHECK(boot.memory[2].start == 0x2000 && boot.memory[2].end == 0x2800);
    CHECK(boot.memory[1].type == MEMORY_USABLE && boot.memory[5].type == MEMORY_BAD);
    CHECK(boot.memory[0].type == MEMORY_RESERVED && boot.memory[6].type == MEMORY_RESERVED,
          "types that nobody knows are not ours to use");
}

TEST(pvh_lies_are_survived)
{
    put_pvh(1);
    put32(INFO, 0x12345678);
    pvh_read(&boot, INFO);
    CHECK(boot.memory_count == 0 && boot.command_line[0] == '\0');

    put_pvh(1);
    put64(INFO + 16, HOST_MEMORY - 8);
    put64(INFO + 24, HOST_MEMORY);
    put64(INFO + 40, UINT64_MAX - 8);
    pvh_read(&boot, INFO);
    CHECK(boot.memory_count == 0 && boot.initrd_end == 0 && boot.command_line[0] == '\0');

    put_pvh(1);
    put64(0x6008, UINT64_MAX); /* an initrd that wraps */
    put32(INFO + 4, 0);        /* a version without a memory map */
    pvh_read(&boot, INFO);
    CHECK(boot.memory_count == 0 && boot.initrd_end == 0);

    put_pvh(1);
    put32(INFO + 48, UINT32_MAX);
    pvh_read(&boot, INFO);
    CHECK(boot.memory_count == 0);
    pvh_read(&boot, 0);
    pvh_read(&boot, HOST_MEMORY - 4);
}

TEST(boot_more_ranges_than_fit_are_counted)
{
    put_pvh(BOOT_RANGES_MAX + 5);
    pvh_read(&boot, INFO);
    CHECK(boot.memory_count == BOOT_RANGES_MAX && boot.memory_lost == 5);
}

TEST(boot_a_long_command_line_is_cut)
{
    put_pvh(0);
    memset(host_memory + 0x7000, 'x', BOOT_COMMAND_LINE_MAX - 1);
    host_memory[0x7000 + BOOT_COMMAND_LINE_MAX - 1] = '\0';
    pvh_read(&boot, INFO);
    CHECK(strlen(boot.command_line) == BOOT_COMMAND_LINE_MAX - 1 && !boot.command_line_cut);

    memset(host_memory + 0x7000, 'x', 0x1000);
    pvh_read(&boot, INFO);
    CHECK(strlen(boot.command_line) == BOOT_COMMAND_LINE_MAX - 1 && boot.command_line_cut);
}

/* Tags go one behind the other, padded to 8; returns where the next goes. */
static uint64_t put_tag(uint64_t at, uint32_t type, uint32_t size)
{
    put32(at, type);
    put32(at + 4, size);
    return at + ((size + 7) & ~7u);
}

static uint64_t put_multiboot2(void)
{
    uint64_t at = INFO + 8, map;

    clear();
    put_text(at + 8, "gdb=wait");
    at = put_tag(at, 1, 8 + sizeof("gdb=wait"));
    put32(at + 8, 0x200000);
    put32(at + 12, 0x200100);
    put_text(at + 16, "initrd");
    at = put_tag(at, 3, 16 + sizeof("initrd"));
    put32(at + 8, 0x300000);
    put32(at + 12, 0x300100);
    at = put_tag(at, 3, 17);
    map = at;
    put32(map + 8, 32); /* longer entries than ours */
    for (uint32_t i = 0; i < 3; i++) {
        put64(map + 16 + i * 32, i * 0x10000);
        put64(map + 24 + i * 32, 0x8000);
        put32(map + 32 + i * 32, MEMORY_USABLE);
    }
    at = put_tag(at, 6, 16 + 3 * 32);
    at = put_tag(at, 0, 8);
    put32(INFO, (uint32_t)(at - INFO));
    return map;
}

TEST(multiboot2_is_read)
{
    put_multiboot2();
    multiboot2_read(&boot, INFO);
    CHECK(strcmp(boot.command_line, "gdb=wait") == 0);
    CHECK(boot.initrd_start == 0x200000 && boot.initrd_end == 0x200100, "the first module");
    CHECK(boot.memory_count == 3 && boot.memory[2].start == 0x20000);
}

TEST(multiboot2_lies_are_survived)
{
    uint64_t map = put_multiboot2();

    put32(map + 8, 8);
    multiboot2_read(&boot, INFO);
    CHECK(boot.memory_count == 0, "entries too short to be any");

    put_multiboot2();
    memset(&boot, 0, sizeof(boot));
    put_tag(INFO + 8, 1, 8 + 3); /* text without its zero, and then nothing that makes sense */
    multiboot2_read(&boot, INFO);
    CHECK(strcmp(boot.command_line, "gdb") == 0, "%s", boot.command_line);

    put_multiboot2();
    memset(&boot, 0, sizeof(boot));
    put32(INFO, UINT32_MAX);
    multiboot2_read(&boot, INFO);
    multiboot2_read(&boot, 0);
    CHECK(boot.memory_count == 0 && boot.command_line[0] == '\0');

    put_multiboot2();
    put32(INFO + 8 + 4, 4); /* a tag smaller than a tag */
    multiboot2_read(&boot, INFO);
    CHECK(boot.memory_count == 0 && boot.command_line[0] == '\0');
}

/* Every length of the whole: no byte behind it counts, and ASan sees none of ours misused. */
TEST(multiboot2_cut_anywhere)
{
    put_multiboot2();

    uint32_t total = *(uint32_t *)(host_memory + INFO);

    for (uint32_t size = 0; size < total; size++) {
        memset(&boot, 0, sizeof(boot));
        put32(INFO, size);
        multiboot2_read(&boot, INFO);
        CHECK(boot.memory_count == 0 || size >= total - 8);
        CHECK(size >= 8 + 8 + sizeof("gdb=wait") || boot.command_line[0] == '\0', "%u", size);
    }
}
