/*
 * main.c: elfcheck KERNEL.ELF runs every check, and prints what it found and what it covered;
 * elfcheck --broken KERNEL.ELF breaks copies of the file, and sees the checks fail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broken.h"
#include "checks.h"
#include "elf_file.h"

const struct check checks[] = {
    {"segments", check_segments},
    {"exception table", check_exception_table},
    {"lines", check_lines},
    {"layout", check_layout},
    {"unwind", check_unwind},
    {"calls", check_calls},
    {"entry", check_entry},
};
const size_t check_count = sizeof(checks) / sizeof(checks[0]);

void subject_open(struct subject *subject, uint8_t *bytes, size_t size)
{
    image_open(&subject->image, bytes, size);
    dwarf_open(&subject->dwarf, &subject->image);
    types_open(&subject->types, &subject->dwarf);
}

void subject_close(struct subject *subject)
{
    types_close(&subject->types);
    dwarf_close(&subject->dwarf);
    image_close(&subject->image);
}

static bool run_checks(const char *path)
{
    struct subject subject;
    size_t size;
    uint8_t *bytes = elf_file_read(path, &size);
    bool all = true;

    subject_open(&subject, bytes, size);
    for (size_t i = 0; i < check_count; i++) {
        struct report report = {0};

        checks[i].run(&subject, &report);
        printf("elf %s: %s\n", checks[i].name, report.covered);
        if (report.failures)
            printf("not ok elf %s: %u wrong: %s\n", checks[i].name, report.failures, report.why);
        else
            printf("ok elf %s\n", checks[i].name);
        all &= report.failures == 0;
    }
    subject_close(&subject);
    free(bytes);
    return all;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--broken") == 0)
        return broken_run(argv[2]) ? 0 : 1;
    if (argc != 2)
        give_up("usage: elfcheck [--broken] kernel.elf");
    return run_checks(argv[1]) ? 0 : 1;
}
