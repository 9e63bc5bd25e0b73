/*
 * condition.h: what people write for "until": expressions (expression.h) that are compared, by
 * == != < <= > >=, unsigned, joined by && or by ||. Without a comparison: it is not 0.
 */
#ifndef TRAPLINE_CONDITION_H
#define TRAPLINE_CONDITION_H

#include "expression.h"

#define CONDITION_TEXT  192
#define CONDITION_TERMS 4

/* Made ready to be evaluated often: its symbols are numbers by now, its registers' names also. */
struct condition {
    struct {
        uint8_t left, right; /* where the sides begin in text */
        uint8_t comparison;  /* 0: the left one alone */
    } terms[CONDITION_TERMS];
    uint8_t count;
    bool any; /* joined by ||, else by && */
    char text[CONDITION_TEXT];
};

/*
 * Both pure. numbered: gives a register's number by its name; what evaluates it is asked for "$17"
 * with that number as the name. Blanks do not matter.
 */
bool condition_prepare(const struct expression_world *numbered, const char *text,
                       struct condition *out, struct expression_problem *problem);

/* False: it cannot be evaluated, and the problem says why. */
bool condition_value(const struct expression_world *world, const struct condition *condition,
                     bool *holds, struct expression_problem *problem);

#endif
