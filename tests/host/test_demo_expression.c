/*
 * test_demo_expression.c: the expression parser against a second one that works the other way
 * round, by splitting the text at its weakest operator.
 */
#include "demo_host.h"
#include "test.h"

#include "demo/expression.h"

#include <stdio.h>
#include <string.h>

struct answer {
    enum expression_error error;
    int64_t value;
    unsigned nodes;
    unsigned depth; /* factors inside each other */
};

/* The last operator of the set that is outside brackets and has something on its left. */
static const char *last_operator(const char *text, const char *end, const char *set)
{
    int brackets = 0;

    for (const char *at = end - 1; at > text; at--) {
        brackets += (*at == ')') - (*at == '(');
        if (brackets == 0 && strchr(set, *at) != NULL && strchr("+-*/(", at[-1]) == NULL)
            return at;
    }
    return NULL;
}

static struct answer combine(char operation, struct answer left, struct answer right)
{
    struct answer answer = {
        .nodes = left.nodes + right.nodes + 1,
        .depth = left.depth > right.depth ? left.depth : right.depth,
        .error = left.error != EXPRESSION_OK ? left.error : right.error,
    };
    __int128 l = left.value;
    __int128 r = right.value;
    __int128 value = 0;

    if (answer.error != EXPRESSION_OK)
        return answer;
    if (operation == '/' && r == 0)
        answer.error = EXPRESSION_DIVISION;
    else
        value = operation == '+'   ? l + r
                : operation == '-' ? l - r
                : operation == '*' ? l * r
                                   : l / r;
    if (value < INT64_MIN || value > INT64_MAX)
        answer.error = EXPRESSION_OVERFLOW;
    answer.value = (int64_t)value;
    return answer;
}

static struct answer model(const char *text, const char *end)
{
    struct answer answer = {.nodes = 1, .depth = 1};
    const char *at = last_operator(text, end, "+-");

    if (at == NULL)
        at = last_operator(text, end, "*/");
    if (at != NULL)
        return combine(*at, model(text, at), model(at + 1, end));
    if (*text == '-') {
        answer = combine('-', answer, model(text + 1, end));
        answer.depth++;
    } else if (*text == '(') {
        answer = model(text + 1, end - 1);
        answer.depth++;
    } else {
        for (; text < end; text++)
            answer.value = 10 * answer.value + *text - '0';
    }
    return answer;
}

/* A random sentence of the grammar; room is a hint of how long it may get. */
static char *write_sum(char *text, int room)
{
    for (;;) {
        uint32_t choice = host_random(10);

        if (choice == 0)
            *text++ = '-';
        else if (choice < 4 && room > 8) {
            *text++ = '(';
            text = write_sum(text, room / 2);
            *text++ = ')';
        } else
            text += sprintf(text, "%u", host_random(host_random(2) ? 10 : 4000000000));
        if (text[-1] == '-')
            continue;
        if (host_random(3) == 0 || room < 4)
            return text;
        *text++ = "+-*/"[host_random(4)];
        room -= 4;
    }
}

static struct answer parse_and_evaluate(const char *text)
{
    static struct expression_parser parser;
    const struct expression *tree = expression_parse(&parser, text);
    struct answer answer = {.error = parser.error};

    CHECK((tree == NULL) == (parser.error != EXPRESSION_OK));
    if (tree != NULL)
        answer.error = expression_evaluate(tree, &answer.value);
    answer.nodes = (unsigned)parser.node_count;
    return answer;
}

TEST(expression_random_sentences)
{
    static char text[65536];
    unsigned seen[EXPRESSION_DIVISION + 1] = {0};

    for (int i = 0; i < 50000; i++) {
        char *end = write_sum(text, (int)host_random(200));
        struct answer expected = model(text, end);
        struct answer answer;

        *end = '\0';
        answer = parse_and_evaluate(text);
        seen[answer.error]++;
        if (expected.nodes > EXPRESSION_NODES_MAX || expected.depth > EXPRESSION_DEPTH_MAX) {
            CHECK(answer.error == EXPRESSION_TOO_LONG || answer.error == EXPRESSION_TOO_DEEP);
            CHECK(answer.error != EXPRESSION_TOO_LONG || expected.nodes > EXPRESSION_NODES_MAX);
            CHECK(answer.error != EXPRESSION_TOO_DEEP || expected.depth > EXPRESSION_DEPTH_MAX);
            continue;
        }
        CHECK(answer.error == expected.error && answer.nodes == expected.nodes);
        if (answer.error == EXPRESSION_OK)
            CHECK(answer.value == expected.value);
    }
    CHECK(seen[EXPRESSION_OK] > 1000 && seen[EXPRESSION_SYNTAX] == 0);
    CHECK(seen[EXPRESSION_TOO_LONG] > 10 && seen[EXPRESSION_OVERFLOW] > 1000);
    CHECK(seen[EXPRESSION_DIVISION] > 100);
}

TEST(expression_errors_and_where_they_are)
{
    static const struct {
        const char *text;
        enum expression_error error;
        size_t at;
    } rows[] = {
        {"", EXPRESSION_SYNTAX, 0},
        {"+1", EXPRESSION_SYNTAX, 0},
        {"1+", EXPRESSION_SYNTAX, 2},
        {"1 +2", EXPRESSION_SYNTAX, 1},
        {"(1", EXPRESSION_SYNTAX, 2},
        {"1)", EXPRESSION_SYNTAX, 1},
        {"()", EXPRESSION_SYNTAX, 1},
        {"2*/3", EXPRESSION_SYNTAX, 2},
        {"1%2", EXPRESSION_SYNTAX, 1},
        {"9223372036854775808", EXPRESSION_OVERFLOW, 18},
        {"((((((((((((((((1))))))))))))))))", EXPRESSION_TOO_DEEP, 16},
        {"----------------1", EXPRESSION_TOO_DEEP, 16},
    };
    struct expression_parser parser;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK(expression_parse(&parser, rows[i].text) == NULL);
        CHECK(parser.error == rows[i].error);
        CHECK((size_t)(parser.at - rows[i].text) == rows[i].at);
    }
    CHECK(parse_and_evaluate("(((((((((((((((1)))))))))))))))").error == EXPRESSION_OK);
    CHECK(parse_and_evaluate("(-9223372036854775807-1)/-1").error == EXPRESSION_OVERFLOW);
    CHECK(parse_and_evaluate("9223372036854775807").value == INT64_MAX);
}

TEST(expression_noise_never_harms)
{
    char text[100];
    unsigned accepted = 0;

    for (int i = 0; i < 100000; i++) {
        uint32_t length = host_random(sizeof(text));

        for (uint32_t j = 0; j < length; j++)
            text[j] = "0123456789+-*/()"[host_random(16)];
        text[length] = '\0';
        accepted += parse_and_evaluate(text).error == EXPRESSION_OK;
    }
    CHECK(accepted > 0);
}
