/* broken.c: breaks a copy of the kernel for each breakage, and runs the check that is to see it. */
#include "broken.h"

#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "elf_file.h"

struct attempt {
    const struct breakage *breakage;
    const struct subject *whole;
    struct report report;
};

static void run_check(struct attempt *attempt, uint8_t *bytes, size_t size)
{
    struct subject subject;

    subject_open(&subject, bytes, size);
    for (size_t i = 0; i < check_count; i++) {
        if (strcmp(checks[i].name, attempt->breakage->check) == 0)
            checks[i].run(&subject, &attempt->report);
    }
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

bool broken_run(const char *path)
{
    struct subject whole;
    size_t size;
    uint8_t *bytes = elf_file_read(path, &size);
    bool all = true;

    subject_open(&whole, bytes, size);
    for (size_t i = 0; i < breakage_count; i++) {
        struct attempt attempt = {&breakages[i], &whole, {0}};

        all &= test_case(breakages[i].name, try, &attempt);
    }
    subject_close(&whole);
    free(bytes);
    return all;
}
