/* test_kernel_string.c: the kernel's string.c against the host's, at every alignment. */
#include <string.h>

#include "kernel_host.h"
#include "test.h"

#define memcpy  kernel_memcpy
#define memmove kernel_memmove
#define memset  kernel_memset
#define memcmp  kernel_memcmp
#define strlen  kernel_strlen
#define strcmp  kernel_strcmp
#define strncmp kernel_strncmp
#define strchr  kernel_strchr
#include "string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strcmp
#undef strncmp
#undef strchr

#define SIZE  200
#define TURNS 20000

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

/* Few different bytes, so that comparisons go on for a while. */
static void fill(char *text)
{
    for (size_t i = 0; i < SIZE; i++)
        text[i] = (char)("a\xe9z"[host_random(3)]);
}

TEST(string_memory)
{
    char a[SIZE], b[SIZE], c[SIZE];

    for (unsigned turn = 0; turn < TURNS; turn++) {
        size_t x = host_random(90), y = host_random(90), n = host_random(100);
        int byte = (int)host_random(1000);

        fill(a);
        fill(c);
        memcpy(b, a, SIZE);
        memmove(a + x, a + y, n);
        CHECK(kernel_memmove(b + x, b + y, n) == b + x && memcmp(a, b, SIZE) == 0);
        memset(a + x, byte, n);
        CHECK(kernel_memset(b + x, byte, n) == b + x && memcmp(a, b, SIZE) == 0);
        memcpy(a + y, c + x, n);
        CHECK(kernel_memcpy(b + y, c + x, n) == b + y && memcmp(a, b, SIZE) == 0);
        CHECK(sign(kernel_memcmp(a + x, c + y, n)) == sign(memcmp(a + x, c + y, n)));
        CHECK(kernel_memcmp(a + x, b + x, n) == 0);
    }
}

TEST(string_text)
{
    char a[SIZE], b[SIZE];

    for (unsigned turn = 0; turn < TURNS; turn++) {
        size_t x = host_random(90), y = host_random(90), n = host_random(100);

        fill(a);
        fill(b);
        a[100 + host_random(99)] = b[100 + host_random(99)] = '\0';
        a[SIZE - 1] = b[SIZE - 1] = '\0';
        CHECK(kernel_strlen(a + x) == strlen(a + x));
        CHECK(sign(kernel_strcmp(a + x, b + y)) == sign(strcmp(a + x, b + y)));
        CHECK(kernel_strcmp(a + x, a + x) == 0);
        CHECK(sign(kernel_strncmp(a + x, b + y, n)) == sign(strncmp(a + x, b + y, n)));
        CHECK(kernel_strchr(a + x, 'z') == strchr(a + x, 'z'));
        CHECK(kernel_strchr(a + x, 'q') == NULL && *kernel_strchr(a + x, '\0') == '\0');
    }
}
