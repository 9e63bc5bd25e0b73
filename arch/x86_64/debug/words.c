/* words.c: see words.h. */
#include "words.h"

#include <string.h>

char *word_next(char **line)
{
    char *word = *line, *end;

    while (*word == ' ')
        word++;
    for (end = word; *end && *end != ' '; end++)
        ;
    for (*line = end; **line == ' '; ++*line)
        **line = '\0';
    return word;
}

bool word_is(const char *word, const char *text)
{
    return strcmp(word, text) == 0;
}

static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    c |= 'a' ^ 'A';
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

bool word_number(const char *word, uint64_t *value)
{
    unsigned base = word[0] == '0' && (word[1] | 0x20) == 'x' ? 16 : 10;

    word += base == 16 ? 2 : 0;
    *value = 0;
    for (const char *c = word; *c; c++) {
        unsigned digit = digit_value(*c);

        if (digit >= base || *value > (UINT64_MAX - digit) / base)
            return false;
        *value = *value * base + digit;
    }
    return *word;
}

bool word_switch(const char *word, bool *value)
{
    bool on = word_is(word, "on");

    if (!on && !word_is(word, "off"))
        return false;
    *value = on;
    return true;
}
