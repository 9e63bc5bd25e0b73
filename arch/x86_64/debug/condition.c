/* condition.c: see condition.h. */
#include "condition.h"

#include <stddef.h>
#include <string.h>

enum comparison { NOT_ZERO, EQUAL, NOT_EQUAL, LESS, NOT_MORE, MORE, NOT_LESS };

/* Those of two characters before those that begin like them. */
static const struct {
    char text[3];
    uint8_t comparison;
} comparisons[] = {{"==", EQUAL}, {"!=", NOT_EQUAL}, {"<=", NOT_MORE},
                   {">=", NOT_LESS}, {"<", LESS}, {">", MORE}};
#define COMPARISONS (sizeof(comparisons) / sizeof(comparisons[0]))

struct writer {
    const struct expression_world *numbered;
    const char *at;
    struct condition *out;
    size_t length;
    bool changes; /* something in it can change: a register, or memory */
    struct expression_problem *problem;
};

static bool fail(struct writer *w, const char *text)
{
    w->problem->text = text;
    return false;
}

static bool put(struct writer *w, char c)
{
    if (w->length == CONDITION_TEXT)
        return fail(w, "too long");
    w->out->text[w->length++] = c;
    return true;
}

static bool put_number(struct writer *w, uint64_t value, unsigned base)
{
    char digits[20];
    size_t n = 0;

    for (; n == 0 || value; value /= base)
        digits[n++] = "0123456789abcdef"[value % base];
    while (n)
        if (!put(w, digits[--n]))
            return false;
    return true;
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '.';
}

static void take_name(struct writer *w)
{
    char *name = w->problem->name;
    size_t n = 0;

    for (; is_name(*w->at); w->at++)
        if (n < EXPRESSION_NAME_MAX - 1)
            name[n++] = *w->at;
    name[n] = '\0';
}

static bool put_register(struct writer *w)
{
    const struct expression_world *world = w->numbered;
    uint64_t number;

    w->at++;
    w->changes = true;
    take_name(w);
    return (world->reg(world->context, w->problem->name, &number) ||
            fail(w, "no such register")) &&
           put(w, '$') && put_number(w, number, 10);
}

/* A symbol becomes its address; what is none stays as it is. */
static bool put_name(struct writer *w)
{
    const struct expression_world *world = w->numbered;
    const char *name = w->problem->name;
    uint64_t address;

    take_name(w);
    if (world->symbol(world->context, name, &address))
        return put(w, '0') && put(w, 'x') && put_number(w, address, 16);
    while (*name)
        if (!put(w, *name++))
            return false;
    return true;
}

static bool twice(const char *text, char c)
{
    return text[0] == c && text[1] == c;
}

/* How long the comparison is that the text goes on with; 0: it does not. */
static size_t comparison_at(const char *text, uint8_t *which)
{
    for (size_t i = 0; i < COMPARISONS; i++) {
        size_t n = strlen(comparisons[i].text);

        if (text[0] == comparisons[i].text[0] && (n == 1 || text[1] == comparisons[i].text[1])) {
            *which = comparisons[i].comparison;
            return n;
        }
    }
    return 0;
}

static bool ends_side(const char *text)
{
    uint8_t which;

    return !*text || *text == '&' || *text == '|' || comparison_at(text, &which);
}

static bool put_side(struct writer *w, uint8_t *start)
{
    *start = (uint8_t)w->length;
    while (!ends_side(w->at)) {
        bool good;

        w->changes |= *w->at == '*';
        if (*w->at == '$')
            good = put_register(w);
        else if (is_name(*w->at))
            good = put_name(w);
        else
            good = *w->at++ == ' ' || put(w, w->at[-1]);
        if (!good)
            return false;
    }
    return put(w, '\0');
}

static bool put_term(struct writer *w)
{
    struct condition *out = w->out;
    size_t n;

    if (out->count == CONDITION_TERMS)
        return fail(w, "too many comparisons");
    if (!put_side(w, &out->terms[out->count].left))
        return false;
    n = comparison_at(w->at, &out->terms[out->count].comparison);
    w->at += n;
    if (n && !put_side(w, &out->terms[out->count].right))
        return false;
    out->count++;
    return true;
}

/* && or ||, and no mix of them: nobody has to know which one comes first. */
static bool joined(struct writer *w)
{
    bool any = twice(w->at, '|');

    if (!any && !twice(w->at, '&'))
        return *w->at && fail(w, "no comparison");
    if (w->out->count > 1 && any != w->out->any)
        return fail(w, "&& and || are not mixed here");
    w->out->any = any;
    w->at += 2;
    return true;
}

static bool no_symbol(void *context, const char *name, uint64_t *value)
{
    (void)context;
    (void)name;
    (void)value;
    return false;
}

static bool any_register(void *context, const char *name, uint64_t *value)
{
    (void)context;
    (void)name;
    *value = 0;
    return true;
}

static bool any_memory(void *context, uint64_t address, uint64_t *value)
{
    (void)context;
    *value = address;
    return true;
}

/* All sides are expressions, whatever the machine may hold. */
static bool makes_sense(const struct condition *c, struct expression_problem *problem)
{
    const struct expression_world world = {no_symbol, any_register, any_memory, NULL};
    uint64_t value;

    for (unsigned i = 0; i < c->count; i++) {
        if (!expression_value(&world, c->text + c->terms[i].left, &value, problem) ||
            (c->terms[i].comparison != NOT_ZERO &&
             !expression_value(&world, c->text + c->terms[i].right, &value, problem)))
            return false;
    }
    return true;
}

bool condition_prepare(const struct expression_world *numbered, const char *text,
                       struct condition *out, struct expression_problem *problem)
{
    struct writer w = {.numbered = numbered, .at = text, .out = out, .problem = problem};

    memset(out, 0, sizeof(*out));
    *problem = (struct expression_problem){0};
    do {
        if (!put_term(&w))
            return false;
    } while (joined(&w));
    if (problem->text || !makes_sense(out, problem))
        return false;
    problem->name[0] = '\0';
    return w.changes || fail(&w, "there is nothing in it that changes: *SYMBOL is what is there");
}

static bool compare(uint8_t comparison, uint64_t left, uint64_t right)
{
    switch (comparison) {
    case EQUAL:
        return left == right;
    case NOT_EQUAL:
        return left != right;
    case LESS:
        return left < right;
    case NOT_MORE:
        return left <= right;
    case MORE:
        return left > right;
    case NOT_LESS:
        return left >= right;
    default:
        return left != 0;
    }
}

bool condition_value(const struct expression_world *world, const struct condition *condition,
                     bool *holds, struct expression_problem *problem)
{
    *holds = !condition->any;
    for (unsigned i = 0; i < condition->count && *holds != condition->any; i++) {
        const char *text = condition->text;
        uint8_t comparison = condition->terms[i].comparison;
        uint64_t left, right = 0;

        if (!expression_value(world, text + condition->terms[i].left, &left, problem) ||
            (comparison != NOT_ZERO &&
             !expression_value(world, text + condition->terms[i].right, &right, problem)))
            return false;
        *holds = compare(comparison, left, right);
    }
    return true;
}
