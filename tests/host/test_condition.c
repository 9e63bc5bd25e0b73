/* test_condition.c: what "monitor until" takes for a condition: read once, and asked often. */
#include "condition.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A machine of two registers, two symbols, and memory in which each word is its address times two. */
struct world {
    uint64_t registers[2];
    uint64_t unreadable;
};

static bool find_symbol(void *context, const char *name, uint64_t *value)
{
    (void)context;
    *value = strcmp(name, "counter") == 0 ? 0x1000 : 0x2000;
    return strcmp(name, "counter") == 0 || strcmp(name, "hot.part") == 0;
}

static bool find_number(void *context, const char *name, uint64_t *value)
{
    (void)context;
    *value = strcmp(name, "rbx") == 0;
    return strcmp(name, "rax") == 0 || strcmp(name, "rbx") == 0;
}

static bool no_symbol(void *context, const char *name, uint64_t *value)
{
    (void)context;
    (void)value;
    test_fail("%s is looked up again", name);
}

static bool read_register(void *context, const char *number, uint64_t *value)
{
    const struct world *w = context;

    CHECK(strcmp(number, "0") == 0 || strcmp(number, "1") == 0, "%s", number);
    *value = w->registers[*number == '1'];
    return true;
}

static bool read_memory(void *context, uint64_t address, uint64_t *value)
{
    const struct world *w = context;

    *value = address * 2;
    return address != w->unreadable;
}

static const struct expression_world names = {find_symbol, find_number, NULL, NULL};
static struct condition condition;
static struct expression_problem problem;

static bool holds(const char *text, uint64_t rax, uint64_t rbx)
{
    struct world w = {{rax, rbx}, UINT64_MAX};
    const struct expression_world world = {no_symbol, read_register, read_memory, &w};
    bool result;

    CHECK(condition_prepare(&names, text, &condition, &problem), "%s: %s %s", text, problem.name,
          problem.text);
    CHECK(condition_value(&world, &condition, &result, &problem), "%s: %s", text, problem.text);
    return result;
}

TEST(condition_comparisons_are_unsigned)
{
    static const uint64_t values[] = {0, 1, 5, 1ull << 63, UINT64_MAX};

    for (unsigned i = 0; i < 5; i++) {
        for (unsigned j = 0; j < 5; j++) {
            uint64_t a = values[i], b = values[j];

            CHECK(holds("$rax==$rbx", a, b) == (a == b));
            CHECK(holds("$rax != $rbx", a, b) == (a != b));
            CHECK(holds(" $rax <$rbx ", a, b) == (a < b));
            CHECK(holds("$rax<=$rbx", a, b) == (a <= b));
            CHECK(holds("$rax > $rbx", a, b) == (a > b));
            CHECK(holds("$rax >= $rbx", a, b) == (a >= b));
        }
        CHECK(holds("$rax", values[i], 0) == (values[i] != 0));
    }
}

TEST(condition_joins_and_sides)
{
    CHECK(holds("$rax == 1 && $rbx == 2", 1, 2));
    CHECK(!holds("$rax == 1 && $rbx == 2", 1, 3));
    CHECK(holds("$rax == 1 || $rbx == 2 || $rax", 0, 2));
    CHECK(!holds("$rax == 1||$rbx == 2||$rax", 0, 3));
    CHECK(holds("$rax && $rbx && $rax != $rbx && $rbx > 1", 1, 2), "four terms");
    CHECK(holds("*counter == 0x2000", 0, 0));
    CHECK(holds("*(counter + $rax) == 0x2000 + $rax + $rax", 8, 0));
    CHECK(holds("*hot.part - 8 == 16376 && $rax == hot.part", 0x2000, 0));
    CHECK(holds("$rax == 0xffffffffffffffff", UINT64_MAX, 0));
}

TEST(condition_is_not_read_where_it_is_wrong)
{
    static const char *const wrong[][2] = {
        {"", "no number"}, {"   ", "no number"}, {"==", "no number"}, {"$rax ==", "no number"},
        {"== $rax", "no number"}, {"$rax = 1", "no number"}, {"$rax == 1 &", "no comparison"},
        {"$rax & 1", "no comparison"}, {"$rax | 1", "no comparison"}, {"$rax &&", "no number"},
        {"$rax && $rbx || $rax", "not mixed"}, {"$rax == 1 == 2", "no comparison"},
        {"$rxx", "no such register"}, {"$", "no such register"}, {"*nothing", "no such symbol"},
        {"counter == 5", "nothing in it that changes"}, {"1", "nothing in it that changes"},
        {"$rax&&$rax&&$rax&&$rax&&$rax", "too many"}, {"$rax == (1", "parenthesis"},
        {"$rax !", "no number"}, {"$rax ! = 2", "no number"},
    };

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK(!condition_prepare(&names, wrong[i][0], &condition, &problem), "\"%s\"", wrong[i][0]);
        CHECK(problem.text && strstr(problem.text, wrong[i][1]), "\"%s\": %s", wrong[i][0],
              problem.text ? problem.text : "no word");
    }
}

TEST(condition_memory_that_cannot_be_read)
{
    struct world w = {{0, 0}, 0x1000};
    const struct expression_world world = {no_symbol, read_register, read_memory, &w};
    bool result;

    CHECK(condition_prepare(&names, "*counter == 1", &condition, &problem));
    CHECK(!condition_value(&world, &condition, &result, &problem) && problem.text);
    CHECK(condition_prepare(&names, "$rax && *counter", &condition, &problem));
    CHECK(condition_value(&world, &condition, &result, &problem) && !result, "not asked for");
}

/* The longest that has a place, one more, and any bytes at all. */
TEST(condition_of_any_length_and_any_bytes)
{
    static const char alphabet[] = "$rax *counter()=<>!&|+-0x19z. ";
    char text[CONDITION_TEXT + 40];

    for (size_t n = 5; n < sizeof(text); n++) {
        memset(text, '0', n);
        memcpy(text, "$rax-", 5);
        text[n] = '\0';
        bool good = condition_prepare(&names, text, &condition, &problem);

        CHECK(!good || n < CONDITION_TEXT, "%zu characters", n);
    }
    srand(7);
    for (unsigned turn = 0; turn < 100000; turn++) {
        size_t n = (unsigned)rand() % (sizeof(text) - 1);

        for (size_t i = 0; i < n; i++)
            text[i] = turn % 8 ? alphabet[(unsigned)rand() % (sizeof(alphabet) - 1)]
                               : (char)(1 + rand() % 255);
        text[n] = '\0';
        problem.text = NULL;
        CHECK(condition_prepare(&names, text, &condition, &problem) || problem.text, "%s", text);
    }
}
