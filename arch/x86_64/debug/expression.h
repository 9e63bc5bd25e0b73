/*
 * expression.h: what people write for a number: 0x2f, 47, a symbol, $rip, *address (8 bytes), sums
 * and differences of them, and parentheses; without blanks.
 */
#ifndef TRAPLINE_EXPRESSION_H
#define TRAPLINE_EXPRESSION_H

#include <stdbool.h>
#include <stdint.h>

/* Where names and addresses lead to. False: nowhere. */
struct expression_world {
    bool (*symbol)(void *context, const char *name, uint64_t *value);
    bool (*reg)(void *context, const char *name, uint64_t *value); /* without the '$' */
    bool (*memory)(void *context, uint64_t address, uint64_t *value);
    void *context;
};

#define EXPRESSION_NAME_MAX 64

/* Why it is no number, and the name that it is about. */
struct expression_problem {
    const char *text;
    char name[EXPRESSION_NAME_MAX];
};

/* Pure. True: all of text is one. */
bool expression_value(const struct expression_world *world, const char *text, uint64_t *value,
                      struct expression_problem *problem);

#endif
