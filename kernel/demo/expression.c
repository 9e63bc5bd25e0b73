/* expression.c: a recursive descent parser and a recursive evaluator. */
#include "expression.h"

#include <stdbool.h>

static const struct expression *parse_sum(struct expression_parser *parser);

/* The first error is the one to report: what follows it is only its echo. */
static const struct expression *fail(struct expression_parser *parser, enum expression_error error)
{
    if (parser->error == EXPRESSION_OK)
        parser->error = error;
    return NULL;
}

static bool accept(struct expression_parser *parser, char wanted)
{
    if (*parser->at != wanted)
        return false;
    parser->at++;
    return true;
}

static struct expression *new_node(struct expression_parser *parser, enum expression_kind kind)
{
    struct expression *node;

    if (parser->node_count == EXPRESSION_NODES_MAX) {
        fail(parser, EXPRESSION_TOO_LONG);
        return NULL;
    }
    node = &parser->nodes[parser->node_count++];
    *node = (struct expression){.kind = kind};
    return node;
}

static const struct expression *new_number(struct expression_parser *parser, int64_t number)
{
    struct expression *node = new_node(parser, EXPRESSION_NUMBER);

    if (node != NULL)
        node->of.number = number;
    return node;
}

static const struct expression *new_operation(struct expression_parser *parser,
                                              enum expression_kind kind,
                                              const struct expression *left,
                                              const struct expression *right)
{
    struct expression *node;

    if (left == NULL || right == NULL)
        return NULL;
    node = new_node(parser, kind);
    if (node != NULL) {
        node->of.operands.left = left;
        node->of.operands.right = right;
    }
    return node;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const struct expression *parse_literal(struct expression_parser *parser)
{
    int64_t number = 0;

    if (!is_digit(*parser->at))
        return fail(parser, EXPRESSION_SYNTAX);
    for (; is_digit(*parser->at); parser->at++) {
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, *parser->at - '0', &number))
            return fail(parser, EXPRESSION_OVERFLOW);
    }
    return new_number(parser, number);
}

static const struct expression *parse_factor(struct expression_parser *parser)
{
    const struct expression *factor;

    if (parser->depth == EXPRESSION_DEPTH_MAX)
        return fail(parser, EXPRESSION_TOO_DEEP);
    parser->depth++;
    if (accept(parser, '-')) { /* -x is 0-x */
        const struct expression *zero = new_number(parser, 0);

        factor = zero == NULL ? NULL : parse_factor(parser);
        factor = new_operation(parser, EXPRESSION_SUBTRACT, zero, factor);
    } else if (accept(parser, '(')) {
        factor = parse_sum(parser);
        if (factor != NULL && !accept(parser, ')'))
            factor = fail(parser, EXPRESSION_SYNTAX);
    } else {
        factor = parse_literal(parser);
    }
    parser->depth--;
    return factor;
}

static const struct expression *parse_product(struct expression_parser *parser)
{
    const struct expression *product = parse_factor(parser);

    while (product != NULL && (*parser->at == '*' || *parser->at == '/')) {
        enum expression_kind kind = (enum expression_kind) * parser->at++;

        product = new_operation(parser, kind, product, parse_factor(parser));
    }
    return product;
}

static const struct expression *parse_sum(struct expression_parser *parser)
{
    const struct expression *sum = parse_product(parser);

    while (sum != NULL && (*parser->at == '+' || *parser->at == '-')) {
        enum expression_kind kind = (enum expression_kind) * parser->at++;

        sum = new_operation(parser, kind, sum, parse_product(parser));
    }
    return sum;
}

const struct expression *expression_parse(struct expression_parser *parser, const char *text)
{
    const struct expression *tree;

    parser->text = text;
    parser->at = text;
    parser->error = EXPRESSION_OK;
    parser->depth = 0;
    parser->node_count = 0;
    tree = parse_sum(parser);
    if (tree != NULL && *parser->at != '\0')
        return fail(parser, EXPRESSION_SYNTAX);
    return tree;
}

static enum expression_error divide(int64_t left, int64_t right, int64_t *value)
{
    if (right == 0)
        return EXPRESSION_DIVISION;
    if (left == INT64_MIN && right == -1) /* the one quotient that does not fit: #DE on x86 */
        return EXPRESSION_OVERFLOW;
    *value = left / right;
    return EXPRESSION_OK;
}

static enum expression_error apply_operator(enum expression_kind kind, int64_t left, int64_t right,
                                            int64_t *value)
{
    bool overflow = false;

    switch (kind) {
    case EXPRESSION_ADD:
        overflow = __builtin_add_overflow(left, right, value);
        break;
    case EXPRESSION_SUBTRACT:
        overflow = __builtin_sub_overflow(left, right, value);
        break;
    case EXPRESSION_MULTIPLY:
        overflow = __builtin_mul_overflow(left, right, value);
        break;
    case EXPRESSION_DIVIDE:
        return divide(left, right, value);
    default:
        return EXPRESSION_SYNTAX;
    }
    return overflow ? EXPRESSION_OVERFLOW : EXPRESSION_OK;
}

enum expression_error expression_evaluate(const struct expression *tree, int64_t *value)
{
    enum expression_error error;
    int64_t left;
    int64_t right;

    if (tree->kind == EXPRESSION_NUMBER) {
        *value = tree->of.number;
        return EXPRESSION_OK;
    }
    error = expression_evaluate(tree->of.operands.left, &left);
    if (error == EXPRESSION_OK)
        error = expression_evaluate(tree->of.operands.right, &right);
    if (error == EXPRESSION_OK)
        error = apply_operator(tree->kind, left, right, value);
    return error;
}
