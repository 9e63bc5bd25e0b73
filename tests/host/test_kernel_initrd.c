/* test_kernel_initrd.c: a cpio archive, whole, cut short anywhere, and with every byte wrong. */
#include "kernel_host.h"
#include "test.h"

#include "initrd.h"
#include "mm/layout.h"

#include <stdio.h>
#include <string.h>

#define PLACE 0x9000

static size_t archive_end;

static void put_member(const char *name, const char *data, size_t size)
{
    char *at = (char *)host_memory + PLACE + archive_end;

    size_t n = sprintf(at, "070701%08X%040X%08zX%032X%08zX%08X%s", 1, 0, size, 0, strlen(name) + 1,
                       0, name) + 1;

    n = (n + 3) & ~(size_t)3;
    memcpy(at + n, data, size);
    archive_end += (n + size + 3) & ~(size_t)3;
}

static void open_archive(size_t size)
{
    struct boot_info boot = {.initrd_start = PLACE, .initrd_end = PLACE + size};

    initrd_init(&boot);
}

static void put_archive(void)
{
    memset(host_memory + PLACE, 0, 0x1000);
    archive_end = 0;
    put_member("README", "hello", 5);
    put_member("empty", "", 0);
    put_member("modules/disk.ko", "\x7f" "ELF", 4);
    put_member("TRAILER!!!", "", 0);
    put_member("behind", "the end", 7);
    open_archive(archive_end);
}

TEST(initrd_files_by_number_and_by_name)
{
    struct initrd_file file;

    put_archive();
    CHECK(initrd_nth(0, &file) && strcmp(file.name, "README") == 0 && file.size == 5);
    CHECK(initrd_find("README", &file) && memcmp(file.data, "hello", 5) == 0);
    CHECK(initrd_find("empty", &file) && file.size == 0);
    CHECK(initrd_find("modules/disk.ko", &file) && memcmp(file.data, "\x7f" "ELF", 4) == 0);
    CHECK(!initrd_nth(3, &file) && !initrd_find("behind", &file), "the trailer ends it");
    CHECK(!initrd_find("READ", &file) && !initrd_find("", &file));
}

TEST(initrd_missing_or_out_of_reach)
{
    struct initrd_file file;
    struct boot_info none = {0}, far = {.initrd_start = 1ull << 40, .initrd_end = 1ull << 41};

    initrd_init(&none);
    CHECK(!initrd_nth(0, &file));
    initrd_init(&far);
    CHECK(!initrd_nth(0, &file));
}

/* What is found lies within what there is; ASan does not know that, so it is asked for. */
static void check_within(size_t size)
{
    const uint8_t *start = host_memory + PLACE;
    struct initrd_file file;

    for (size_t n = 0; initrd_nth(n, &file); n++) {
        const uint8_t *data = file.data;
        const char *name = file.name;

        CHECK(n < 16 && data >= start && data + file.size <= start + size);
        CHECK((const uint8_t *)name + strlen(name) < start + size);
    }
}

TEST(initrd_cut_anywhere)
{
    struct initrd_file file;

    put_archive();
    for (size_t size = 0; size <= archive_end; size++) {
        open_archive(size);
        check_within(size);
    }
    open_archive(120);
    CHECK(!initrd_find("README", &file), "its data is cut");
}

TEST(initrd_with_each_byte_wrong)
{
    static const char wrong[] = {0, 'F', '9', 'z', -1};

    for (size_t at = 0; at == 0 || at < archive_end; at++) {
        for (size_t i = 0; i < sizeof(wrong); i++) {
            put_archive();
            host_memory[PLACE + at] = wrong[i];
            check_within(archive_end);
        }
    }
}
