/*
 * string.c: memory and strings. Eight bytes at a time, in plain loops: under QEMU's TCG "rep stosb"
 * takes five times as long, and SSE is not the kernel's to use.
 */
#include "string.h"

#include <stdint.h>

/* Otherwise the compiler may recognise memcpy's loop and put a call to memcpy in its place. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")

/* Any alignment will do on this processor, and any type may lie there. */
typedef uint64_t __attribute__((may_alias, aligned(1))) word;

static void *copy_up(void *to, const void *from, size_t n)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    for (; n >= sizeof(word); n -= sizeof(word), t += sizeof(word), f += sizeof(word))
        *(word *)t = *(const word *)f;
    for (; n > 0; n--)
        *t++ = *f++;
    return to;
}

static void *copy_down(void *to, const void *from, size_t n)
{
    uint8_t *t = (uint8_t *)to + n;
    const uint8_t *f = (const uint8_t *)from + n;

    for (; n >= sizeof(word); n -= sizeof(word)) {
        t -= sizeof(word);
        f -= sizeof(word);
        *(word *)t = *(const word *)f;
    }
    for (; n > 0; n--)
        *--t = *--f;
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    return copy_up(to, from, n);
}

/* Up is wrong only where the target begins inside the source. */
void *memmove(void *to, const void *from, size_t n)
{
    uintptr_t distance = (uintptr_t)to - (uintptr_t)from;

    return distance < n ? copy_down(to, from, n) : copy_up(to, from, n);
}

void *memset(void *to, int byte, size_t n)
{
    uint8_t *t = to;
    uint64_t pattern = (uint8_t)byte * 0x0101010101010101ull;

    for (; n >= sizeof(word); n -= sizeof(word), t += sizeof(word))
        *(word *)t = pattern;
    for (; n > 0; n--)
        *t++ = (uint8_t)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;

    for (; n >= sizeof(word); n -= sizeof(word), x += sizeof(word), y += sizeof(word))
        if (*(const word *)x != *(const word *)y)
            break;
    for (; n > 0; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;

    while (text[length] != '\0')
        length++;
    return length;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n > 0; n--, a++, b++)
        if (*a != *b || *a == '\0')
            return (uint8_t)*a - (uint8_t)*b;
    return 0;
}

char *strchr(const char *text, int c)
{
    for (; *text != (char)c; text++)
        if (*text == '\0')
            return NULL;
    return (char *)text;
}
