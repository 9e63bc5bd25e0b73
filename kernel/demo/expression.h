/*
 * expression.h: integer arithmetic as text, "3*(4+5)-6/2", parsed into a tree and evaluated.
 *
 *     sum     = product { ("+" | "-") product }
 *     product = factor { ("*" | "/") factor }
 *     factor  = literal | "-" factor | "(" sum ")"
 *
 * One function per rule, so a backtrace from inside shows the nesting of the text.
 */
#ifndef DEMO_EXPRESSION_H
#define DEMO_EXPRESSION_H

#include <stddef.h>
#include <stdint.h>

#define EXPRESSION_NODES_MAX 64
#define EXPRESSION_DEPTH_MAX                                                                       \
    16 /* brackets and signs inside each other: this runs on a small stack */

enum expression_error {
    EXPRESSION_OK,
    EXPRESSION_SYNTAX,
    EXPRESSION_TOO_LONG, /* more than EXPRESSION_NODES_MAX numbers and operators */
    EXPRESSION_TOO_DEEP,
    EXPRESSION_OVERFLOW, /* a number or a result that 64 bits cannot hold */
    EXPRESSION_DIVISION, /* by zero */
};

enum expression_kind {
    EXPRESSION_NUMBER = 'n',
    EXPRESSION_ADD = '+',
    EXPRESSION_SUBTRACT = '-',
    EXPRESSION_MULTIPLY = '*',
    EXPRESSION_DIVIDE = '/',
};

struct expression {
    enum expression_kind kind;
    union {
        int64_t number; /* EXPRESSION_NUMBER */
        struct {
            const struct expression *left;
            const struct expression *right;
        } operands; /* all others */
    } of;
};

struct expression_parser {
    const char *text;
    const char *at; /* the next character; after an error, where it was found */
    enum expression_error error;
    unsigned depth;
    size_t node_count;
    struct expression nodes[EXPRESSION_NODES_MAX]; /* the tree; lives as long as the parser */
};

/* The tree of text, or NULL with parser->error and parser->at telling what and where. */
const struct expression *expression_parse(struct expression_parser *parser, const char *text);

/* The value of a tree. Division truncates towards zero, as in C. *value is set if EXPRESSION_OK. */
enum expression_error expression_evaluate(const struct expression *tree, int64_t *value);

#endif
