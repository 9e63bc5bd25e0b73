/* broken.c: breaks a copy of the kernel for each breakage, and runs the check that is to see it. */
#include "broken.h"

#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "elf_file.h"

/* The n-th instruction of that kind from the symbol on. */
uint8_t *find_instruction(const struct image *image, const char *symbol,
                                 ZydisMnemonic mnemonic, unsigned n, struct instruction *found)
{
    for (uint64_t at = image_address(image, symbol); decode(image, at, found); at = found->next) {
        if (found->is.mnemonic == mnemonic && n-- == 0)
            return image_at(image, at, found->is.length);
    }
    give_up("%s has no such instruction", symbol);
}

struct attempt {
    const struct breakage *breakage;
    const struct subject *whole;
    struct report report;
};

/* DWARF takes most of the time to read; most breakages are elsewhere. */
static bool same_dwarf(const struct image *a, const struct image *b)
{
    static const char *const sections[] = {".debug_info", ".debug_str", ".debug_frame",
                                           ".debug_line", ".debug_macro"};

    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        size_t n = 0, m = 0;
        const uint8_t *x = image_section(a, sections[i], &n);
        const uint8_t *y = image_section(b, sections[i], &m);

        if (n != m || memcmp(x, y, n) != 0)
            return false;
    }
    return true;
}

static void run_check(struct attempt *attempt, uint8_t *bytes, size_t size)
{
    struct subject subject = *attempt->whole;

    image_open(&subject.image, bytes, size);

    bool same = same_dwarf(&subject.image, &attempt->whole->image);

    if (!same) {
        image_close(&subject.image);
        subject_open(&subject, bytes, size);
    }
    for (size_t i = 0; i < check_count; i++) {
        if (strcmp(checks[i].name, attempt->breakage->check) == 0)
            checks[i].run(&subject, &attempt->report);
    }
    if (same)
        image_close(&subject.image);
    else
        subject_close(&subject);
}

static void try(void *argument)
{
    struct attempt *attempt = argument;
    const struct image *whole = &attempt->whole->image;
    uint8_t *copy = malloc(whole->size);
    struct image image;

    memcpy(copy, whole->bytes, whole->size);
    image_open(&image, copy, whole->size);
    attempt->breakage->apply(attempt->whole, &image);
    image_close(&image);

    bool same = memcmp(copy, whole->bytes, whole->size) == 0;

    if (!same)
        run_check(attempt, copy, whole->size);
    free(copy);
    CHECK(!same, "nothing was broken");
    CHECK(attempt->report.failures > 0, "nothing was seen");
    CHECK(strstr(attempt->report.why, attempt->breakage->complaint), "it says: %s",
          attempt->report.why);
}

static bool try_all(const struct subject *whole, const struct breakage *list, size_t count)
{
    bool all = true;

    for (size_t i = 0; i < count; i++) {
        struct attempt attempt = {&list[i], whole, {0}};

        all &= test_case(list[i].name, try, &attempt);
    }
    return all;
}

bool broken_run(const char *path)
{
    struct subject whole;
    size_t size;
    uint8_t *bytes = elf_file_read(path, &size);
    bool all = true;

    subject_open(&whole, bytes, size);
    all &= try_all(&whole, breakages, breakage_count);
    all &= try_all(&whole, call_breakages, call_breakage_count);
    subject_close(&whole);
    free(bytes);
    return all;
}
