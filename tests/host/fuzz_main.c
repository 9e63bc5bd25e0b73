/* fuzz_main.c: what drives fuzz_check(): libFuzzer or, with -DREPLAY, files, one test each. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef REPLAY

int main(int argc, char **argv)
{
    static uint8_t data[1 << 20];
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        printf("run corpus %s\n", argv[i]);
        fflush(stdout);
        FILE *file = fopen(argv[i], "rb");
        size_t n = file ? fread(data, 1, sizeof data, file) : 0;
        if (file)
            fclose(file);
        const char *wrong = file ? fuzz_check(data, n) : "cannot be opened";
        failed += wrong != NULL;
        printf(wrong ? "not ok corpus %s: %s\n" : "ok corpus %s\n", argv[i], wrong);
    }
    return failed != 0;
}

#else

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const char *wrong = fuzz_check(data, n);
    if (wrong) {
        fprintf(stderr, "%s\n", wrong);
        abort();
    }
    return 0;
}

#endif
