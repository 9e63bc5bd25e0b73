/*
 * memory.c: what the debugger needs of a C library, under names of its own. A kernel's memcpy() is
 * for its users to break on and to step through; the debugger, which would call it with their int3
 * in it, must not depend on it.
 *
 * The build renames the references (objcopy --redefine-sym memcpy=debugger_memcpy ...): a compiler
 * calls these for a struct assignment as well, which no macro would see. An embedder who does not
 * rename loses only that.
 */
#include <stddef.h>
#include <stdint.h>

/* Otherwise a loop may be recognised, and a call of strlen put in its place. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

void *debugger_memcpy(void *restrict to, const void *restrict from, size_t n);
void *debugger_memmove(void *to, const void *from, size_t n);
void *debugger_memset(void *to, int byte, size_t n);
int debugger_memcmp(const void *a, const void *b, size_t n);
int debugger_strcmp(const char *a, const char *b);
size_t debugger_strlen(const char *text);

/*
 * Instructions, as a loop would be taken for what it is: a memcpy. Words first: QEMU takes as long
 * for a byte as for a word, and frames and packets are copied at every stop.
 */
void *debugger_memcpy(void *restrict to, const void *restrict from, size_t n)
{
    void *end = to;
    size_t words = n / 8, rest = n % 8;

    __asm__ volatile("rep movsq" : "+D"(end), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(end), "+S"(from), "+c"(rest) : : "memory");
    return to;
}

/* Up is wrong only where the target begins inside the source. */
void *debugger_memmove(void *to, const void *from, size_t n)
{
    const uint8_t *last = (const uint8_t *)from + n - 1;
    uint8_t *end = (uint8_t *)to + n - 1;

    if ((uintptr_t)to - (uintptr_t)from >= n)
        return debugger_memcpy(to, from, n);
    __asm__ volatile("std; rep movsb; cld" : "+D"(end), "+S"(last), "+c"(n) : : "memory", "cc");
    return to;
}

void *debugger_memset(void *to, int byte, size_t n)
{
    void *end = to;

    __asm__ volatile("rep stosb" : "+D"(end), "+c"(n) : "a"(byte) : "memory");
    return to;
}

int debugger_memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *left = a, *right = b;

    for (; n > 0; n--, left++, right++) {
        if (*left != *right)
            return *left - *right;
    }
    return 0;
}

int debugger_strcmp(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        ;
    return (uint8_t)*a - (uint8_t)*b;
}

size_t debugger_strlen(const char *text)
{
    size_t n = 0;

    while (text[n])
        n++;
    return n;
}
