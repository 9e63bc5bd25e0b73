/* expression.c: see expression.h. One function for each rule of the grammar. */
#include "expression.h"

#include <stddef.h>

#define DEPTH_MAX 16 /* parentheses and stars within each other */

struct reader {
    const struct expression_world *world;
    const char *at;
    unsigned depth;
    struct expression_problem *problem;
};

static bool sum(struct reader *r, uint64_t *value);

static bool fail(struct reader *r, const char *text)
{
    r->problem->text = text;
    return false;
}

static bool is_name(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
           (!first && c >= '0' && c <= '9');
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Digits from text on; returns how many. */
static size_t digits(const char *text, unsigned base, uint64_t *value)
{
    size_t n = 0;

    for (*value = 0; (unsigned)digit(text[n]) < base; n++)
        *value = *value * base + (unsigned)digit(text[n]);
    return n;
}

static bool number(struct reader *r, uint64_t *value)
{
    bool hex = r->at[0] == '0' && (r->at[1] | 0x20) == 'x';
    size_t n;

    r->at += hex ? 2 : 0;
    n = digits(r->at, hex ? 16 : 10, value);
    r->at += n;
    if (n == 0 || n > (hex ? 16 : 20) || is_name(*r->at, false))
        return fail(r, "no number");
    return true;
}

/* A name goes to the problem, where it is wanted if it leads nowhere. */
static void name(struct reader *r)
{
    char *to = r->problem->name;
    size_t n = 0;

    for (; is_name(*r->at, false); r->at++)
        if (n < EXPRESSION_NAME_MAX - 1)
            to[n++] = *r->at;
    to[n] = '\0';
}

/* A symbol; or, if there is none of that name, hexadecimal without its 0x. */
static bool symbol(struct reader *r, uint64_t *value)
{
    const struct expression_world *world = r->world;

    name(r);
    if (world->symbol(world->context, r->problem->name, value))
        return true;

    size_t n = digits(r->problem->name, 16, value);

    return (n > 7 && n <= 16 && !r->problem->name[n]) || fail(r, "no such symbol");
}

static bool reg(struct reader *r, uint64_t *value)
{
    const struct expression_world *world = r->world;

    r->at++;
    name(r);
    return world->reg(world->context, r->problem->name, value) || fail(r, "no such register");
}

static bool memory(struct reader *r, uint64_t *value)
{
    const struct expression_world *world = r->world;

    return world->memory(world->context, *value, value) || fail(r, "cannot be read");
}

static bool nested(struct reader *r, uint64_t *value)
{
    r->at++;
    if (!sum(r, value))
        return false;
    if (*r->at != ')')
        return fail(r, "a parenthesis is not closed");
    r->at++;
    return true;
}

static bool operand(struct reader *r, uint64_t *value)
{
    bool good;

    if (++r->depth > DEPTH_MAX)
        return fail(r, "too deep");
    if (*r->at == '*') {
        r->at++;
        good = operand(r, value) && memory(r, value);
    } else if (*r->at == '(') {
        good = nested(r, value);
    } else if (*r->at == '$') {
        good = reg(r, value);
    } else if (is_name(*r->at, true)) {
        good = symbol(r, value);
    } else {
        good = number(r, value);
    }
    r->depth--;
    return good;
}

static bool sum(struct reader *r, uint64_t *value)
{
    uint64_t next;

    if (!operand(r, value))
        return false;
    while (*r->at == '+' || *r->at == '-') {
        bool minus = *r->at++ == '-';

        if (!operand(r, &next))
            return false;
        *value += minus ? -next : next;
    }
    return true;
}

bool expression_value(const struct expression_world *world, const char *text, uint64_t *value,
                      struct expression_problem *problem)
{
    struct reader r = {.world = world, .at = text, .problem = problem};

    problem->name[0] = '\0';
    return sum(&r, value) && (!*r.at || fail(&r, "no number"));
}
