/*
 * words.h: the arguments of a monitor command.
 */
#ifndef TRAPLINE_WORDS_H
#define TRAPLINE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* Cut the first word off *line, which then is the rest; "" if there is none. */
char *word_next(char **line);

bool word_is(const char *word, const char *text);

/* All of the word is a number: 0x80, 128. */
bool word_number(const char *word, uint64_t *value);

/* "on" or "off"; false, with *value left alone, if it is neither. */
bool word_switch(const char *word, bool *value);

#endif
